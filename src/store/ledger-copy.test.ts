/** The engine over a ledger in PostgreSQL: a worker is killed at each point that hurts, and another goes on from the rows. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Move, aMove, contents, fill, letter, noon } from '#operations/copy-mailbox.test-kit.ts';
import { type CrashPoint, crashPoints } from '#sync/engine.ts';
import { mailboxAt, type TestWorker, testWorker, vanish } from './ledger.test-kit.ts';
import { testDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;
beforeAll(async () => void (db = await testDatabase()));
afterAll(() => db[Symbol.asyncDispose]());

/** A mailbox with a past: copied once, then changed on the source. */
async function changedSince(first: TestWorker, mailbox: number): Promise<Move> {
  const lease = await first.take(mailbox);
  const move = aMove({ ledger: first.ledgers.under(lease, 'there') });
  const inbox = move.source.create(['INBOX']);
  fill(inbox, 1, 230);
  fill(move.source.create(['Work']), 231, 250);
  move.target.create(['INBOX']).add({ bytes: letter(7), flags: [], internalDate: noon });
  expect(await move.run()).toMatchObject({ fault: null });
  const [one, other] = inbox.messages;
  if (!one || !other) throw new Error('no messages');
  inbox.setFlags(one, ['\\Answered']);
  inbox.expunge([[other.uid, other.uid]]);
  fill(inbox, 251, 470);
  return move;
}

/** Stops the engine at `point` as a killed worker would stop: what it has not written by then is never written. */
function killAt(point: CrashPoint, worker: TestWorker): (at: CrashPoint) => void {
  let isDead = false;
  return (at) => {
    if (at === point) {
      isDead = true;
      worker.lapse();
    }
    if (isDead) throw new Error('killed');
  };
}

test.each(crashPoints)(
  'a worker killed at %s loses nothing and sends nothing twice: another goes on',
  async (point) => {
    const mailbox = await mailboxAt(db, `${point}@old.example`);
    await using first = await testWorker(db);
    await using second = await testWorker(db);
    const move = await changedSince(first, mailbox);
    await move.run({ delete: true }, { at: killAt(point, first) });
    await vanish(db, first);
    const ledger = second.ledgers.under(await second.take(mailbox), 'there');
    expect(await move.run({ delete: true }, { ledger })).toMatchObject({ fault: null });
    const own = contents(move.source);
    // The letter that people had put there, with another date, stands for that of the source.
    expect(contents(move.target).filter((line) => !own.includes(line))).toHaveLength(1);
    expect(contents(move.target)).toHaveLength(own.length);
    expect(await move.run({ delete: true }, { ledger })).toMatchObject({ copied: 0, removed: 0, flagsChanged: 0 });
  },
);
