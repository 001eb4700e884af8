/** What is refused: batches as a whole, more of them than may be on their way, and single messages that others bring later. */

import { expect, test } from 'vitest';
import type { MemoryOperation, Mishap } from '#connectors/memory/faults.ts';
import type { Instant } from '#domain/item.ts';
import { memoryLedger } from '#ledger-file/memory.ts';
import { aMove, contents, fill, letter, noon } from './copy-mailbox.test-kit.ts';

test('a target that refuses every large batch takes all of it in small ones, however many there are', async () => {
  let refusals = 0;
  const faults = {
    before: (operation: MemoryOperation): Mishap | null => {
      if (operation.kind !== 'append-message' || operation.index < 25) return null;
      refusals++;
      return { kind: 'refused', refusal: { because: 'unclear', code: null, text: 'That was too much at once' } };
    },
  };
  const move = aMove({ target: { faults } });
  fill(move.source.create(['INBOX']), 1, 4_000);
  fill(move.source.create(['Work']), 4_001, 8_200);
  const report = await move.run();
  expect(refusals).toBe(41);
  expect(report).toMatchObject({ copied: 8_200, refused: [], fault: null });
  expect(contents(move.target)).toEqual(contents(move.source));
});

test('what the target refused and somebody else has put there since is listed as refused no more, and keeps their flags', async () => {
  const ledger = memoryLedger();
  const move = aMove({ ledger });
  const source = move.source.create(['INBOX']);
  fill(source, 1, 9);
  const refuses = (operation: MemoryOperation): Mishap | null =>
    operation.kind === 'append-message' && Buffer.from(operation.bytes).equals(letter(9))
      ? { kind: 'refused', refusal: { because: 'message', code: null, text: 'We do not like it' } }
      : null;
  const first = await aMove({ ledger, target: { faults: { before: refuses } } }, move).run();
  expect(first.refused).toMatchObject([{ uid: 9, code: 'message' }]);
  const there = move.target.create(['INBOX']);
  there.add({ bytes: letter(99), flags: [], internalDate: noon });
  expect((await move.run()).refused).toHaveLength(1);
  // By hand, as docs/report.md advises.
  const byHand = there.add({ bytes: letter(9), flags: ['\\Flagged'], internalDate: (noon + 9 * 60) as Instant });
  const report = await move.run();
  expect(report).toMatchObject({ copied: 0, alreadyThere: 9, refused: [], fault: null });
  expect(there.message(byHand.uid)?.flags).toEqual(['\\Flagged', '\\Seen']);
  expect(there.messages).toHaveLength(10);
  expect(await move.run()).toMatchObject({ copied: 0, alreadyThere: 9, refused: [], fault: null });
});

test('what broke every connection is not read again because mail like it has come to the target', async () => {
  const ledger = memoryLedger();
  let reads = 0;
  const breaks = (operation: MemoryOperation): Mishap | null => {
    if (operation.kind !== 'read' || operation.uid !== 3) return null;
    reads++;
    return { kind: 'cut-inside', afterBytes: 10 };
  };
  const move = aMove({ ledger, source: { faults: { before: breaks } } });
  fill(move.source.create(['INBOX']), 1, 5);
  expect((await move.run()).refused).toMatchObject([{ uid: 3, code: 'breaks-connection' }]);
  const readBefore = reads;
  move.target.create(['INBOX']).add({ bytes: letter(3), flags: [], internalDate: (noon + 180) as Instant });
  expect(await move.run()).toMatchObject({ refused: [{ uid: 3 }], fault: null });
  expect(reads).toBe(readBefore);
});

test('what the source cannot give at the moment is listed, and asked for again by the next run', async () => {
  const ledger = memoryLedger();
  let isAway = true;
  const before = (operation: MemoryOperation): Mishap | null =>
    isAway && operation.kind === 'read' && operation.uid === 3
      ? { kind: 'refused', refusal: { because: 'unclear', code: 'UNAVAILABLE', text: 'Temporary trouble' } }
      : null;
  const move = aMove({ ledger, source: { faults: { before } } });
  fill(move.source.create(['INBOX']), 1, 5);
  expect(await move.run()).toMatchObject({ copied: 4, refused: [{ uid: 3, code: 'withheld' }] });
  isAway = false;
  expect(await move.run()).toMatchObject({ copied: 1, refused: [], fault: null });
  expect(contents(move.target)).toEqual(contents(move.source));
});
