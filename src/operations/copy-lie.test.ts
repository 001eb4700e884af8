/**
 * A target says that it has stored a message, which it has not, and gives it a number; and before we look, that number has
 * gone to another message. What stands there is not taken for ours, and ours is sent again or named, never lost in silence.
 */

import { describe, expect, test } from 'vitest';
import type { MemoryOperation, Mishap } from '#connectors/memory/faults.ts';
import type { MemoryFolder, MemoryMessage } from '#connectors/memory/platform.ts';
import { fault } from '#domain/fault.ts';
import type { Instant, Uid } from '#domain/item.ts';
import { type MemoryLedger, memoryLedger } from '#ledger-file/memory.ts';
import type { CrashPoint } from '#sync/engine.ts';
import { aMove, contents, fill, letter, type Move, noon } from './copy-mailbox.test-kit.ts';

const lie: Mishap = { kind: 'lie' };
const cut: Mishap = { kind: 'cut' };

function inbox(move: Move): MemoryFolder {
  return move.target.create(['INBOX']);
}

test('a number that was given in a lie and then to the next message is believed for that one only: both arrive, once', async () => {
  let appends = 0;
  // The second of three is not stored, the third is, under its number, and then the line breaks.
  const before = ({ kind }: MemoryOperation): Mishap | null => (kind === 'append' && ++appends === 2 ? lie : null);
  const after = ({ kind }: MemoryOperation): Mishap | null => (kind === 'append' && appends === 3 ? cut : null);
  const move = aMove({ target: { traits: { batches: 'one-by-one' }, faults: { before, after } } });
  fill(move.source.create(['INBOX']), 1, 3);
  expect(await move.run()).toMatchObject({ copied: 3, refused: [], differences: [], fault: null });
  expect(contents(move.target)).toEqual(contents(move.source));
});

test('two versions of one letter, with one Message-ID, are told apart when the number of the first goes to the second', async () => {
  let appends = 0;
  const before = ({ kind }: MemoryOperation): Mishap | null => (kind === 'append' && ++appends === 1 ? lie : null);
  const after = ({ kind }: MemoryOperation): Mishap | null => (kind === 'append' && appends === 2 ? cut : null);
  const move = aMove({ target: { traits: { batches: 'one-by-one' }, faults: { before, after } } });
  for (const text of ['The first version.', 'The second.'])
    move.source.create(['INBOX']).add({ bytes: letter(1, text), flags: [], internalDate: noon });
  expect(await move.run()).toMatchObject({ copied: 2, refused: [], differences: [], fault: null });
  expect(contents(move.target)).toEqual(contents(move.source));
});

/**
 * The target has confirmed all letters under the UIDs from 1 on and stored none of them, and the process that heard so
 * was killed before it could look.
 */
async function confirmedAndKilled(move: Move, ledger: MemoryLedger): Promise<void> {
  let isDead = false;
  const at = (point: CrashPoint): void => {
    if (!isDead && point !== 'map.written') return;
    if (!isDead) ledger.crash(100);
    isDead = true;
    throw new Error('killed');
  };
  const before = ({ kind }: MemoryOperation): Mishap | null => (kind === 'append' ? lie : null);
  await aMove({ ledger, target: { faults: { before } } }, move).run({}, { at });
  expect(isDead).toBe(true);
  expect(inbox(move).messages).toHaveLength(0);
}

/** Somebody's own letters take the numbers. */
function strangers(move: Move, count: number): readonly MemoryMessage[] {
  for (let n = 1; n <= count; n++)
    inbox(move).add({ bytes: letter(900 + n), flags: ['\\Draft'], internalDate: (noon - n) as Instant });
  return inbox(move).messages.map((message) => ({ ...message }));
}

describe('killed when the target had confirmed what it did not store', () => {
  test('and somebody else got the number, it is sent again, and their message stays as it is', async () => {
    const ledger = memoryLedger();
    const move = aMove({ ledger });
    fill(move.source.create(['INBOX']), 1, 5);
    await confirmedAndKilled(move, ledger);
    const theirs = strangers(move, 3);
    const report = await move.run({ delete: true });
    expect(report).toMatchObject({ copied: 5, refused: [], differences: [], fault: null });
    expect(inbox(move).messages.slice(0, 3)).toEqual(theirs);
    expect(inbox(move).messages).toHaveLength(8);
    expect(await move.run({ delete: true })).toMatchObject({ copied: 0, alreadyThere: 5, refused: [], fault: null });
    expect(inbox(move).messages).toHaveLength(8);
  });

  test('and it left the source meanwhile, --delete does not remove who got the number', async () => {
    const ledger = memoryLedger();
    const move = aMove({ ledger });
    const source = move.source.create(['INBOX']);
    fill(source, 1, 5);
    await confirmedAndKilled(move, ledger);
    const theirs = strangers(move, 5);
    source.expunge([[1 as Uid, 5 as Uid]]);
    expect(await move.run({ delete: true })).toMatchObject({ removed: 0, refused: [], differences: [], fault: null });
    expect(inbox(move).messages).toEqual(theirs);
  });

  test('and a letter got the number that is like it in all but its text, it is not sent again but named', async () => {
    const ledger = memoryLedger();
    const move = aMove({ ledger });
    const draft = (text: string) => ({
      bytes: Buffer.from(`From: Ada <ada@old.example>\r\nSubject: Minutes\r\n\r\n${text}\r\n`),
      flags: [],
    });
    move.source.create(['INBOX']).add({ ...draft('The first version.'), internalDate: noon });
    await confirmedAndKilled(move, ledger);
    inbox(move).add({ ...draft('Another version of it.'), internalDate: (noon + 60) as Instant });
    const report = await move.run();
    expect(report).toMatchObject({ copied: 0, differences: [], fault: null });
    expect(report.refused).toMatchObject([{ uid: 1, code: 'outcome-unknown' }]);
    expect(inbox(move).messages).toHaveLength(1);
    expect((await move.run()).refused).toMatchObject([{ uid: 1, code: 'outcome-unknown' }]);
    expect(inbox(move).messages).toHaveLength(1);
  });

  test('and an altered copy stands under another number, it is not sent again but named', async () => {
    const ledger = memoryLedger();
    const move = aMove({ ledger });
    fill(move.source.create(['INBOX']), 1, 1);
    await confirmedAndKilled(move, ledger);
    strangers(move, 1);
    inbox(move).add({ bytes: letter(1, 'Rendered anew.'), flags: [], internalDate: noon });
    const report = await move.run();
    expect(report.refused).toMatchObject([{ uid: 1, code: 'outcome-unknown' }]);
    expect(inbox(move).messages).toHaveLength(2);
  });
});

test('killed before our copies were read back from a target that renders anew: they are ours, and listed as other octets', async () => {
  const ledger = memoryLedger();
  const move = aMove({ ledger });
  fill(move.source.create(['INBOX']), 1, 3);
  await confirmedAndKilled(move, ledger);
  for (const { bytes, flags, internalDate } of move.source.create(['INBOX']).messages) {
    const anew = Buffer.from(Buffer.from(bytes).toString().replace('From:', 'X-Rendered: yes\r\nFrom:'));
    inbox(move).add({ bytes: anew, flags, internalDate });
  }
  const report = await move.run();
  expect(report).toMatchObject({ copied: 0, alreadyThere: 3, refused: [], fault: null });
  expect(report.differences.map((difference) => difference.class)).toEqual(['content', 'content', 'content']);
  expect(inbox(move).messages).toHaveLength(3);
});

test('what was refused once, then confirmed in a lie and tried no more by that run, is brought by the next', async () => {
  const ledger = memoryLedger();
  const move = aMove({ ledger });
  const refuses = ({ kind }: MemoryOperation): Mishap | null =>
    kind === 'append-message' ? { kind: 'refused', refusal: { because: 'message', code: null, text: 'no' } } : null;
  fill(move.source.create(['INBOX']), 1, 1);
  const refused = await aMove({ ledger, target: { faults: { before: refuses } } }, move).run();
  expect(refused.refused).toMatchObject([{ uid: 1, code: 'message' }]);
  fill(move.source.create(['INBOX']), 2, 3);
  await move.run();
  // Sent once more, as the operator asks for; the target lies, and the run is cut before it could try again.
  let hasLied = false;
  const before = ({ kind }: MemoryOperation): Mishap | null => {
    if (kind === 'open' && hasLied) return { kind: 'fault', fault: fault('internal', { detail: 'stopped' }) };
    if (kind !== 'append') return null;
    hasLied = true;
    return lie;
  };
  const cutShort = await aMove({ ledger, target: { faults: { before } } }, move).run({ retryRefused: true });
  expect(cutShort.fault).not.toBeNull();
  expect(await move.run()).toMatchObject({ copied: 1, alreadyThere: 2, refused: [], fault: null });
  expect(contents(move.target)).toEqual(contents(move.source));
});
