/** What the catalogue says of one kind of fault, whatever it is about. */

export type Reach = 'item' | 'folder' | 'mailbox' | 'platform' | 'estate';
/** `soon`: at once, a few times. `paced`: after a wait that grows, or the one the server named. */
export type Retry = 'soon' | 'paced' | 'operator' | 'never';

export interface FaultEntry<About> {
  readonly reach: Reach;
  readonly retry: Retry;
  readonly says: (about: About) => string;
  readonly remedy: string;
}

export function entry<About>(
  reach: Reach,
  retry: Retry,
  says: (about: About) => string,
  remedy: string,
): FaultEntry<About> {
  return { reach, retry, says, remedy };
}
