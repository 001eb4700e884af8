/** The judge of an evening: what is amiss between what was made and what a server holds is found, and found as what it is. */

import { expect, test } from 'vitest';
import { labAvailable } from '../labs/namespace.ts';
import { skipAloud } from '../labs/skip-aloud.ts';
import { startDovecot } from '../labs/dovecot.ts';
import { appendParts, fill } from './append.ts';
import { compareMailbox, isWell, nothingFound } from './evening-compare.ts';
import { changesOf, foldersInTheEnd, foldersOf, isChanged } from './evening-mail.ts';
import { password, signedIn } from './evening-servers.ts';
import { quoted } from './raw-imap.ts';
import type { MadeFolder } from './workload.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('evening', dovecot);

const shape = { mailboxes: 40, messagesMin: 10, messagesMax: 12, seed: 1 };
const anyone = 3;
const [address, other] = ['ann@rxy.example', 'bob@rxy.example'];

test.runIf(dovecot.ok)('what was lost, is there twice, or is another’s, is named; and nothing else is', async () => {
  const users = [address, other].map((name) => ({ name, password }));
  await using server = await startDovecot({ users });
  const made = foldersOf(anyone, shape);
  await seed(server, address, made);
  await seed(server, other, made);
  const found = nothingFound();
  await compareMailbox(server, 'target', address, made, found);
  expect(isWell(found)).toBe(true);
  expect(found.messages).toBe(made.flatMap(({ messages }) => messages).length);

  const [inbox, sent] = made as readonly [MadeFolder, MadeFolder];
  {
    await using imap = await signedIn(server, address);
    await imap.ask('APPEND INBOX', appendParts(inbox.messages.slice(0, 1)));
    await imap.ask('APPEND INBOX', appendParts(sent.messages.slice(0, 1)));
    await imap.ask('SELECT INBOX');
    await imap.ask('UID STORE 2 +FLAGS.SILENT (\\Deleted)');
    await imap.ask('EXPUNGE');
    await imap.ask('UID STORE 3 FLAGS.SILENT (never-heard-of)');
    await imap.ask(`CREATE ${quoted('Found nowhere else')}`);
  }
  await compareMailbox(server, 'target', address, made, found);
  expect(found).toMatchObject({ lost: 1, twice: 1, strange: 1, otherwise: 1, folders: 1 });
  expect(isWell(found)).toBe(false);

  const theirs = nothingFound();
  await compareMailbox(server, 'target', other, made, theirs);
  expect(theirs).toMatchObject({ lost: 0, twice: 0, strange: 0, otherwise: 0, folders: 0 });
});

test('one mailbox in twenty has changed in the end, and every change is to be seen there', () => {
  const numbers = Array.from({ length: shape.mailboxes }, (_, number) => number);
  expect(numbers.filter(isChanged)).toHaveLength(2);
  for (const number of numbers) {
    const [before, after] = [foldersOf(number, shape), foldersInTheEnd(number, shape)];
    if (!isChanged(number)) expect(after).toEqual(before);
    else
      for (const change of changesOf(number, shape)) {
        const of = (folders: readonly MadeFolder[]) => folders.find(({ path }) => path === change.path)?.messages ?? [];
        expect(of(after)).toHaveLength(of(before).length - change.removed.length + change.added.length);
      }
  }
});

async function seed(server: Parameters<typeof signedIn>[0], user: string, made: readonly MadeFolder[]): Promise<void> {
  await using imap = await signedIn(server, user);
  await fill(
    imap,
    made.map(({ messages, ...of }) => ({ ...of, commands: messages.length === 0 ? [] : [appendParts(messages)] })),
  );
}
