/** Exceptions that a person has accepted: messages that did not arrive, or not as they were, and that is all right. */

/** Which of a mailbox's exceptions. `folders`: the spellings under which the folder may be known. */
export type WhichExceptions =
  | { readonly kind: 'all' }
  | { readonly kind: 'folder'; readonly folders: readonly string[] }
  | { readonly kind: 'message'; readonly folders: readonly string[]; readonly uid: number };

export type Accepted =
  | { readonly kind: 'accepted'; readonly exceptions: number }
  | { readonly kind: 'unknown' }
  /** Nothing of that is listed and still to be accepted. */
  | { readonly kind: 'nothing' };
