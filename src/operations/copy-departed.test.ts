/** Folders that left the source: what is ours of them may go with them under --delete, and nothing else ever. */

import { expect, test } from 'vitest';
import { aMove, fill } from './copy-mailbox.test-kit.ts';

test('with --delete, a folder that left the source and was made anew on the target by its owner keeps all its mail', async () => {
  const move = aMove();
  fill(move.source.create(['INBOX']), 1, 3);
  fill(move.source.create(['Work']), 1, 10);
  await move.run();
  move.target.delete('Work');
  fill(move.target.create(['Work']), 500, 509);
  move.source.delete('Work');
  expect(await move.run({ delete: true })).toMatchObject({ removed: 0, fault: null });
  expect(move.target.folder('Work')?.messages).toHaveLength(10);
});
