/** Whose mail it is: it is put there before the evening, and goes on living until the window opens. */

import type { MailboxRow } from '#domain/estate.ts';
import type { DovecotServer } from '../labs/dovecot.ts';
import { appendParts, fill } from './append.ts';
import { changesOf, type EveningShape, flagOfPeople, foldersOf, isChanged } from './evening-mail.ts';
import { forAll, lanes, signedIn } from './evening-servers.ts';
import { quoted } from './raw-imap.ts';

/** Fills the mailboxes of everybody. `tick` is told how many are done. */
export async function seedAll(
  source: DovecotServer,
  rows: readonly MailboxRow[],
  shape: EveningShape,
  tick: (done: number) => void,
): Promise<void> {
  await forAll(
    rows,
    lanes,
    async ({ address }, number) => {
      await using imap = await signedIn(source, address);
      const folders = foldersOf(number, shape);
      await fill(
        imap,
        folders.map(({ path, subscribed, messages }) => ({
          path,
          subscribed,
          commands: messages.length === 0 ? [] : [appendParts(messages)],
        })),
      );
    },
    tick,
  );
}

/** What people do in some of them: mail arrives, is flagged, and is thrown away. */
export async function changeSome(
  source: DovecotServer,
  rows: readonly MailboxRow[],
  shape: EveningShape,
  tick: (done: number) => void,
): Promise<void> {
  const changed = rows.flatMap(({ address }, number) => (isChanged(number) ? [{ address, number }] : []));
  await forAll(
    changed,
    lanes,
    async ({ address, number }) => {
      await using imap = await signedIn(source, address);
      for (const { path, added, flagged, removed } of changesOf(number, shape)) {
        const uids = (places: readonly number[]): string => places.map((place) => place + 1).join(',');
        await imap.ask(`SELECT ${quoted(path)}`);
        if (flagged.length > 0) await imap.ask(`UID STORE ${uids(flagged)} +FLAGS.SILENT (${flagOfPeople})`);
        if (removed.length > 0) {
          await imap.ask(`UID STORE ${uids(removed)} +FLAGS.SILENT (\\Deleted)`);
          await imap.ask('EXPUNGE');
        }
        await imap.ask(`APPEND ${quoted(path)}`, appendParts(added));
      }
    },
    tick,
  );
}
