/** A target that is full: the run says so, names everything that did not arrive, and a later run brings just that. */

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { MemoryOperation } from '#connectors/memory/faults.ts';
import { MemoryMailbox } from '#connectors/memory/platform.ts';
import type { Instant } from '#domain/item.ts';
import { aMove, contents, fill, letter, type Move, noon } from './copy-mailbox.test-kit.ts';
import type { MailboxReport } from './copy-mailbox.ts';

/** What an independent look finds missing on the target, as `folder uid`. */
function missing(move: Move): string[] {
  const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  return move.source.folders
    .flatMap((folder) => {
      const there = (move.target.folder(folder.name)?.messages ?? []).map(({ bytes }) => sum(bytes));
      return folder.messages
        .filter(({ bytes }) => !there.includes(sum(bytes)))
        .map(({ uid }) => `${folder.path.join('/')} ${uid}`);
    })
    .sort();
}

function refusedIn(report: MailboxReport): string[] {
  return report.refused.map(({ folder, uid }) => `${folder} ${uid}`).sort();
}

function makeRoom(mailbox: MemoryMailbox): void {
  Object.assign(mailbox.options, { quotaBytes: null });
}

test.each([
  ['together', 160_000],
  ['one-by-one', 30_000],
] as const)(
  'a full target that stores messages %s: what is listed as refused is what is missing',
  async (batches, quotaBytes) => {
    const target = new MemoryMailbox({ quotaBytes });
    const move = aMove({ target: { traits: { batches } } }, { target });
    fill(move.source.create(['INBOX']), 1, 450);
    fill(move.source.create(['Sent']), 451, 500);
    fill(move.source.create(['Work', 'Old']), 501, 3_600);
    const report = await move.run();
    expect(report.fault?.code).toBe('target.quota');
    expect(report.copied).toBeGreaterThan(0);
    expect(refusedIn(report)).toEqual(missing(move));
    expect(report.copied + report.alreadyThere + report.refused.length).toBe(3_600);
    for (const one of report.refused) {
      expect(one).toMatchObject({ code: 'quota', sizeBytes: expect.any(Number) });
      expect(one.reason).toContain('Quota exceeded');
    }
    expect(report.refused[0]?.messageId).toMatch(/@godwit\.test>$/);

    const still = await move.run();
    expect(refusedIn(still)).toEqual(missing(move));
    expect(still.copied + still.alreadyThere + still.refused.length).toBe(3_600);

    makeRoom(target);
    const then = await move.run();
    expect(then).toMatchObject({ copied: still.refused.length, refused: [], fault: null });
    expect(contents(target)).toEqual(contents(move.source));
    expect(await move.run()).toMatchObject({ copied: 0, alreadyThere: 3_600, refused: [], fault: null });
  },
);

test('the message that finds no room is named with the words of the target, those behind it as not sent', async () => {
  const target = new MemoryMailbox({ quotaBytes: 8_000 });
  const move = aMove({ target: { traits: { batches: 'one-by-one' } } }, { target });
  const inbox = move.source.create(['INBOX']);
  fill(inbox, 1, 3);
  inbox.add({ bytes: letter(4, 'x'.repeat(20_000)), flags: [], internalDate: noon });
  fill(move.source.create(['Work']), 5, 3_000);
  const report = await move.run();
  const named = report.refused.find(({ folder, uid }) => folder === 'INBOX' && uid === 4);
  expect(named).toMatchObject({ code: 'quota', reason: '[OVERQUOTA] Quota exceeded (mailbox for user is full)' });
  expect(report.refused.at(-1)).toMatchObject({
    folder: 'Work',
    reason: 'not sent, since the target had said: Quota exceeded (mailbox for user is full)',
  });
});

test('a target that small folders have filled is not even tried with the large ones', async () => {
  const target = new MemoryMailbox({ quotaBytes: 20_000 });
  const tried = new Set<string>();
  const before = (operation: MemoryOperation): null => {
    if (operation.kind === 'append-message') tried.add(operation.folder);
    return null;
  };
  const move = aMove({ target: { faults: { before } } }, { target });
  fill(move.source.create(['Big']), 1, 3_000);
  fill(move.source.create(['Small']), 3_001, 3_190);
  const report = await move.run();
  expect(report.fault?.code).toBe('target.quota');
  expect(refusedIn(report)).toEqual(missing(move));
  expect([...tried]).toEqual(['Small']);
  makeRoom(target);
  expect(await move.run()).toMatchObject({ refused: [], fault: null });
  expect(contents(target)).toEqual(contents(move.source));
});

test('what is on a full target already is adopted there, not listed as missing', async () => {
  const target = new MemoryMailbox({ quotaBytes: 90_000 });
  const move = aMove({ target: { traits: { batches: 'one-by-one' } } }, { target });
  fill(move.source.create(['INBOX']), 1, 3_000);
  const there = target.create(['INBOX']);
  for (const n of [5, 700, 2_999]) {
    there.add({ bytes: letter(n), flags: [], internalDate: (noon + n * 60) as Instant });
  }
  const report = await move.run();
  expect(report).toMatchObject({ alreadyThere: 3, fault: { code: 'target.quota' } });
  expect(refusedIn(report)).toEqual(missing(move));
  makeRoom(target);
  expect(await move.run()).toMatchObject({ fault: null, refused: [] });
  expect(there.messages).toHaveLength(3_000);
});

test('a full target does not keep flags from being brought up to date', async () => {
  const target = new MemoryMailbox({ quotaBytes: 10_000 });
  const move = aMove({}, { target });
  const inbox = move.source.create(['INBOX']);
  fill(inbox, 1, 10);
  await move.run();
  fill(inbox, 11, 200);
  for (const message of inbox.messages.slice(0, 10)) inbox.setFlags(message, ['\\Answered']);
  expect(await move.run()).toMatchObject({ flagsChanged: 10, fault: { code: 'target.quota' } });
});
