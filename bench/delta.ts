/** What a day does to a mailbox: 1 % of the messages new, 1 % with another flag, 1 % gone, over all folders alike. */

import { appendParts } from './append.ts';
import { quoted, type RawImap } from './raw-imap.ts';
import { type Ends, session, userOf } from './servers.ts';
import { generator, makeMessage, sizesOf, type Workload, workloadMessages } from './workload.ts';

/** Changes the source of a run, the same in every run of a workload. Relies on a laid store: UIDs count from 1. */
export async function applyDelta(ends: Ends, made: Workload, runName: string): Promise<void> {
  const random = generator(99);
  const share = Math.round(workloadMessages(made) / 100);
  const places = made.mailboxes.flatMap((mailbox, m) =>
    mailbox.folders.flatMap((folder, f) => folder.messages.map((_, i) => ({ m, f, uid: i + 1 }))),
  );
  const changes = new Map<number, Change[]>();
  const note = (m: number, change: Change): void => {
    changes.set(m, [...(changes.get(m) ?? []), change]);
  };
  const sizes = sizesOf(share, share * 40_000);
  for (let i = 0; i < share * 2; i++) {
    // Drawn without putting back, so that no message is both reflagged and removed.
    const at = Math.floor(random() * places.length);
    const [place] = places.splice(at, 1);
    if (place === undefined) continue;
    const path = made.mailboxes[place.m]?.folders[place.f]?.path ?? 'INBOX';
    const had =
      made.mailboxes[place.m]?.folders[place.f]?.messages[place.uid - 1]?.flags.includes('\\Flagged') ?? false;
    note(place.m, {
      path,
      say: i % 2 === 0 ? `UID STORE ${place.uid} ${had ? '-' : '+'}FLAGS.SILENT (\\Flagged)` : null,
      uid: place.uid,
    });
  }
  for (let i = 0; i < share; i++) {
    const m = Math.floor(random() * made.mailboxes.length);
    const folders = made.mailboxes[m]?.folders ?? [];
    const path = folders[Math.floor(random() * folders.length)]?.path ?? 'INBOX';
    const message = makeMessage(sizes[i] ?? 1_000, random, 50_000_000 + i);
    note(m, { path, append: appendParts([message]) });
  }
  const queue = [...changes];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await using imap = await session(ends.source, userOf(runName, made.mailboxes[next[0]]?.name ?? ''));
      await Promise.all(next[1].flatMap((change) => carryOut(imap, change)));
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

type Change =
  | {
      readonly path: string;
      readonly uid: number /** The STORE to send; null to remove the message. */;
      readonly say: string | null;
    }
  | { readonly path: string; readonly append: readonly Uint8Array[] };

function carryOut(imap: RawImap, change: Change): Promise<unknown>[] {
  if ('append' in change) return [imap.ask(`APPEND ${quoted(change.path)}`, change.append)];
  const select = imap.ask(`SELECT ${quoted(change.path)}`);
  if (change.say !== null) return [select, imap.ask(change.say)];
  return [select, imap.ask(`UID STORE ${change.uid} +FLAGS.SILENT (\\Deleted)`), imap.ask(`UID EXPUNGE ${change.uid}`)];
}
