/**
 * What a server means when it does not open a folder. With --delete, mail is removed for a folder that is gone, so `gone` is
 * only what says so beyond doubt: the code of RFC 5530 §3 for it, or clear words without any code that says otherwise.
 * A right that was taken away, a damaged index, an administrator to be asked are none of it.
 */

import * as imap from '#protocols/imap/index.ts';

/** `busy`: another time may bring it. `unclear`: it is not opened, and whether it is there is not known. */
export type FolderRefusal = 'gone' | 'busy' | 'unclear';

/** Words are looked at no further than this; what counts is said at the beginning. */
const longestText = 1_000;

/** Codes (RFC 5530 §3) of a refusal that another time may not bring. */
const passing: ReadonlySet<string> = new Set(['INUSE', 'UNAVAILABLE', 'SERVERBUG', 'LIMIT']);

/** Codes that leave it to the words: RFC 9051 §7.1 has no other that would stand before them and mean nothing else. */
const wordy: ReadonlySet<string> = new Set(['', 'ALERT', 'TRYCREATE']);

/** The commands whose refusal speaks of the folder, and not of a message in it. */
const opening: ReadonlySet<string> = new Set(['EXAMINE', 'SELECT']);

const later = /tempor|try again|later|busy|locked|in use|time[d -]?out|unavailable/i;

/**
 * Dovecot ("Mailbox doesn't exist: Work"), Cyrus ("Mailbox does not exist"), Gmail ("Unknown Mailbox: Work (Failure)"),
 * UW ("no such mailbox"), Exchange ("Work doesn't exist.", with the folder's own name), hMailServer ("Folder could not be found.").
 */
const noSuch = new RegExp(
  [
    /\b(?:mailbox|folder)\W{1,3}(?:folder\W{1,3})?(?:does not|does ?n[o'’]?t) exist/,
    /\b(?:mailbox|folder)\W{1,3}(?:folder\W{1,3})?(?:(?:is|was) )?(?:not found|non-?existent|unknown)/,
    /\b(?:mailbox|folder)\W{1,3}(?:folder\W{1,3})?could not be found/,
    /\b(?:no such|unknown|non-?existent) (?:mailbox|folder)\b/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);

/** Courier: "Mailbox does not exist, or must be subscribed to.": what leaves another reading open says nothing. */
const otherwise =
  /\bor\b|denied|permi|\brights?\b|access|authori[sz]|allowed|subscrib|corrupt|damaged|index|server|backend|database/i;

/**
 * What the refusal of `command` says of `folder` (its name as on the wire, or its id).
 *
 * @param code the name of the response code, without brackets; null when there was none
 * @param text the words after the code, as the server wrote them
 */
export function classifyFolderRefusal(
  command: string,
  code: string | null,
  text: string,
  folder: string,
): FolderRefusal {
  const name = code?.toUpperCase() ?? '';
  // A folder may be called anything, "Read later" and "Mailbox does not exist" too.
  const words = withoutName(text.slice(0, longestText), folder);
  if (passing.has(name) || later.test(words)) return 'busy';
  if (!opening.has(command)) return 'unclear';
  if (name === 'NONEXISTENT') return 'gone';
  return wordy.has(name) && noSuch.test(words) && !otherwise.test(words) ? 'gone' : 'unclear';
}

/** The text with the folder's name, wherever it stands as a word of its own, called "folder". */
function withoutName(text: string, folder: string): string {
  let rest = text;
  for (const name of new Set([folder, imap.decodeMailboxName(folder)])) {
    if (name === '') continue;
    const spelt = name.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    rest = rest.replaceAll(new RegExp(`(?<![\\p{L}\\p{N}])${spelt}(?![\\p{L}\\p{N}])`, 'gu'), 'folder');
  }
  return rest;
}
