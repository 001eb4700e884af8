/** Where planning has its files: what a server that was killed has left goes, and what is in use stays. */

import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Scratch } from './planning-scratch.ts';

test('what is left of a process that was killed goes, also where ours has the number that it had, and nothing else does', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'godwit-scratch-'));
  onTestFinished(() => rm(stateDir, { recursive: true }));
  await using used = await Scratch.make(stateDir);
  const left = ['planning-4194305-abcdef', `planning-${process.pid}-abcdef`];
  for (const name of left) {
    await mkdir(join(stateDir, name));
    await writeFile(join(stateDir, name, 'plan.csv'), 'address\n');
  }
  // Somebody else's who lives, and what is none of ours.
  for (const name of [`planning-${process.ppid}-abcdef`, 'planned', 'audit.head']) await mkdir(join(stateDir, name));
  {
    await using another = await Scratch.make(stateDir);
    const folder = join(another.path('x'), '..');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readdir(stateDir)).toHaveLength(3 + 2);
  }
  expect(await readdir(stateDir)).toHaveLength(3 + 1);
  expect(await stat(join(used.path('x'), '..'))).toBeTruthy();
});
