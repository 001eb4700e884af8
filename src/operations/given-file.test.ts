import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { fileOnDisk, whyUnreadable } from './given-file.ts';

test('a file of a name that no disk takes is one that cannot be read, whether it is looked at or opened', async () => {
  const path = `/tmp/${'x'.repeat(300)}`;
  const looked = await stat(path).catch(whyUnreadable);
  expect(looked).toContain('ENAMETOOLONG');
  const opened = await fileOnDisk(path).octets()[Symbol.asyncIterator]().next().catch(whyUnreadable);
  expect(opened).toContain('ENAMETOOLONG');
  expect(whyUnreadable(new Error('of ours'))).toBeNull();
});
