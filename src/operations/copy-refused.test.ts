/** Batches that a target refuses as a whole, more of them than may be on their way. */

import { expect, test } from 'vitest';
import type { MemoryOperation, Mishap } from '#connectors/memory/faults.ts';
import { aMove, contents, fill } from './copy-mailbox.test-kit.ts';

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
