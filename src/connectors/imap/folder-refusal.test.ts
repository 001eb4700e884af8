import { describe, expect, test } from 'vitest';
import * as imap from '#protocols/imap/index.ts';
import { folderFaultOf } from './faults.ts';
import { classifyFolderRefusal, type FolderRefusal } from './folder-refusal.ts';

function meaning(code: string | null, text: string, folder = 'Work', command = 'EXAMINE'): FolderRefusal {
  return classifyFolderRefusal(command, code, text, folder);
}

describe('a folder that cannot be opened', () => {
  test.each([
    ['NONEXISTENT', "Mailbox doesn't exist: Work"],
    ['NONEXISTENT', 'Unknown Mailbox: Work (Failure)'],
    ['nonexistent', ''],
    ['NONEXISTENT', 'Words that nobody knows'],
    ['TRYCREATE', "Mailbox doesn't exist: Work"],
    [null, "Mailbox doesn't exist: Work"],
    [null, "Mailbox doesn't exist: Work (0.001 + 0.000 secs)."],
    [null, "Mailbox doesn't exist: Work (0.001 + 0.000 + 0.002 secs)."],
    [null, 'Mailbox does not exist'],
    [null, 'Mailbox does not exist.'],
    [null, "SELECT failed: Can't open mailbox Work: no such mailbox"],
    [null, 'EXAMINE failed: Can\'t open mailbox "Work": no such mailbox'],
    [null, 'Unknown Mailbox: Work (Failure)'],
    [null, "Work doesn't exist."],
    [null, 'Work doesn’t exist.'],
    [null, 'Folder could not be found.'],
    [null, 'EXAMINE failed. No such mailbox.'],
  ])('is gone where the server says so: [%s] %s', (code, text) => {
    expect(meaning(code, text)).toBe('gone');
  });

  test.each([
    ['NOPERM', 'Permission denied'],
    ['NOPERM', 'Mailbox does not exist'],
    ['CORRUPTION', 'Mailbox does not exist any more in its index'],
    ['CONTACTADMIN', 'Mailbox not found'],
    ['AUTHORIZATIONFAILED', 'No'],
    ['EXPIRED', 'No'],
    ['CANNOT', 'Mailbox does not exist'],
    ['X-UNHEARD-OF', 'No such mailbox'],
    ['REFERRAL', 'Mailbox does not exist here'],
    [null, ''],
    [null, 'EXAMINE failed'],
    [null, 'Unable to open this mailbox.'],
    [null, 'Permission denied'],
    [null, 'Mailbox does not exist, or must be subscribed to.'],
    [null, 'Mailbox not found: permission denied'],
    [null, 'User does not exist'],
    [null, 'dovecot.index does not exist'],
    [null, 'Invalid mailbox name'],
    [null, 'Mailbox has moved'],
    [null, 'System I/O error'],
    [null, "Mailbox doesn't exist: Other"],
    [null, "Other doesn't exist."],
    [null, 'Unable to open mailbox: unknown error'],
    [null, 'EXAMINE Work: unknown error'],
    [null, 'Work: unknown error'],
    [null, 'Error opening mailbox: Unknown error 5'],
    [null, 'Unknown mailbox format'],
    [null, 'Mailbox unknown error (code 17)'],
    [null, 'Work: Unknown internal failure'],
    [null, 'Cannot open folder: not found in cache'],
    [null, 'No such mailbox store'],
    [null, 'No such mailbox owner'],
    [null, 'Backing store of mailbox does not exist'],
    [null, 'Unknown mailbox state, please contact the administrator'],
    [null, 'Could not open Work, unknown reason'],
    [null, 'Mailbox does not exist at this time'],
    [null, 'SELECT failed. Folder: unknown failure'],
    [null, `Mailbox does not exist${' '.repeat(2_000)}`],
  ])('may be there all the same: [%s] %s', (code, text) => {
    expect(meaning(code, text)).toBe('unclear');
  });

  test.each([
    ['INUSE', 'Mailbox is locked'],
    ['UNAVAILABLE', ''],
    ['SERVERBUG', 'Internal error'],
    ['NONEXISTENT', 'Temporarily unavailable, try again'],
    [null, 'Mailbox does not exist for now, try again later'],
  ])('is asked for again where another time may open it: [%s] %s', (code, text) => {
    expect(meaning(code, text)).toBe('busy');
  });

  test('may have any name, which is not taken for the server’s words', () => {
    expect(meaning(null, "Mailbox doesn't exist: Read later", 'Read later')).toBe('gone');
    expect(meaning(null, 'Read later (old) doesn’t exist.', 'Read later (old)')).toBe('gone');
    expect(meaning(null, "Entwürfe & Ähnliches doesn't exist", 'Entw&APw-rfe &- &AMQ-hnliches')).toBe('gone');
    expect(meaning(null, "User doesn't exist", 'User')).toBe('unclear');
    expect(meaning(null, '"User" doesn\'t exist', 'User')).toBe('gone');
    expect(meaning(null, 'User unknown', 'User')).toBe('unclear');
    expect(meaning(null, 'Index not found', 'Index')).toBe('unclear');
    expect(meaning(null, 'Cannot open "Mailbox does not exist"', 'Mailbox does not exist')).toBe('unclear');
    expect(meaning(null, 'Cannot open "no such folder"', 'no such folder')).toBe('unclear');
  });

  test('is told from a message that is not there', () => {
    expect(meaning('NONEXISTENT', 'No such message', 'Work', 'UID FETCH')).toBe('unclear');
  });

  test.each([
    ['NONEXISTENT', 'Mailbox does not exist', 'folder.gone'],
    ['NOPERM', 'Permission denied', 'folder.unreadable'],
    ['INUSE', 'Mailbox is locked', 'folder.busy'],
  ] as const)('reaches people in its own words: [%s] %s', (code, text, fault) => {
    const refused = new imap.ImapError({ kind: 'refused', command: 'EXAMINE', status: 'NO', code, text });
    const about = { folder: 'Entwürfe', text: `[${code}] ${text}` };
    expect(folderFaultOf(refused, { host: 'old.example', port: 993 }, 'Entw&APw-rfe')).toMatchObject({
      code: fault,
      about,
    });
  });
});
