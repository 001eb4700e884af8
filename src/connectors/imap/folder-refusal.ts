/**
 * What a server means when it does not open a folder. With --delete, mail is removed for a folder that is gone, so `gone` is
 * only what says so in full: the code of RFC 5530 §3 for it, or, without a code that says otherwise, one of a few sentences
 * that servers are known to say, word for word. What only sounds like them ("Unknown mailbox format") is none of it, nor a
 * damaged index or an administrator to be asked.
 *
 * One thing cannot be told apart: whoever may not look a folder up (the right `l`, RFC 4314 §4) is answered as if there were
 * none, by Dovecot and Cyrus with these same words and this same code. So a right that was taken away reads as `gone` too, and
 * what is removed on that word waits for a second run that hears it (`src/sync/departures.ts`).
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
 * All that a server says, but for what `bare` takes off. NAME is the folder's own, quoted or not. A sentence that is missing here
 * costs a person a look (`folder.in-doubt`), one too many costs mail; so each has its server.
 */
const noSuch: readonly string[] = [
  // Dovecot 1.0 and later; from 2.0 on with [NONEXISTENT].
  "Mailbox doesn't exist: NAME",
  // Cyrus 2.x and 3.x; also Stalwart.
  'Mailbox does not exist',
  // UW imapd and Panda.
  "Can't open mailbox NAME: no such mailbox",
  // Gmail; mostly with [NONEXISTENT].
  'Unknown Mailbox: NAME (Failure)',
  // Exchange 2003 to 2019.
  "NAME doesn't exist",
  // James 2 and 3, GreenMail: "EXAMINE failed. No such mailbox."
  'No such mailbox',
  // hMailServer 5.
  'Folder could not be found',
];

/** Said of these by their names alone, a sentence may mean a thing of the server's own: "User doesn't exist." */
const ambiguous =
  /^(?:user|account|owner|mail ?box|folder|index|file|directory|server|service|store|storage|backend|database|domain)s?$/i;

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
  return wordy.has(name) && saysNoSuch(text, folder) ? 'gone' : 'unclear';
}

/** Whether the text is one of the known sentences, from its first character to its last. */
function saysNoSuch(text: string, folder: string): boolean {
  if (text.length > longestText) return false;
  const said = bare(text);
  const names = [folder, imap.decodeMailboxName(folder)].flatMap((name) => [name, `"${name}"`, `'${name}'`]);
  return noSuch.some((sentence) =>
    names.some((name) => {
      if (sentence.startsWith('NAME') && ambiguous.test(name)) return false;
      return said === bare(sentence.replace('NAME', () => name));
    }),
  );
}

/** Without case, "EXAMINE failed:" in front, and behind it Dovecot's "(0.001 + 0.000 secs)" and the full stop. */
function bare(text: string): string {
  return text
    .trim()
    .replace(/^(?:EXAMINE|SELECT) failed[:.]\s+/i, '')
    .replace(/\s*\.?\s*\(\d+\.\d+(?: \+ \d+\.\d+)* secs\)\.?$/, '')
    .replace(/\.$/, '')
    .replaceAll('’', "'")
    .toLowerCase();
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
