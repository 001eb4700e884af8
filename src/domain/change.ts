/** What has changed in an estate since somebody looked: what a stream of changes is made of. */

import type { Mark, Stage } from './journey.ts';

/** A mailbox of which something was recorded, as it stands now. */
export interface ChangedMailbox {
  readonly address: string;
  /** The code of its organisation, and that one's number in the database. */
  readonly organisation: string;
  readonly organisationId: number;
  readonly stage: Stage;
  readonly mark: Mark | null;
  readonly wave: string | null;
}

/** All that was recorded behind one link of the audit log, up to another. */
export interface ChangesSince {
  /** The last link that it has; where nothing came, the one that was asked about. */
  readonly upTo: number;
  readonly mailboxes: readonly ChangedMailbox[];
  /** More mailboxes changed than are told: whoever shows them reads them again. */
  readonly isMore: boolean;
  /** Waves of which something was recorded. */
  readonly waves: readonly string[];
  /** Records of the estate as a whole (`brake on`, `drain`), each once. */
  readonly estate: readonly string[];
}

/** What somebody sees who sees a part of the estate: organisations by their numbers, and the waves that any of their mailboxes are in. */
export interface Visible {
  readonly organisationIds: ReadonlySet<number>;
  readonly waves: ReadonlySet<string>;
}

/** Nothing of others is in it, but that more changed than can be told: some of that may be theirs. */
export function visibleTo(visible: Visible, changes: ChangesSince): ChangesSince {
  return {
    upTo: changes.upTo,
    mailboxes: changes.mailboxes.filter(({ organisationId }) => visible.organisationIds.has(organisationId)),
    isMore: changes.isMore,
    waves: changes.waves.filter((name) => visible.waves.has(name)),
    estate: [],
  };
}

/** Whether there is nothing in it for anybody. */
export function isNothing({ mailboxes, isMore, waves, estate }: ChangesSince): boolean {
  return mailboxes.length === 0 && !isMore && waves.length === 0 && estate.length === 0;
}
