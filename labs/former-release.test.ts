import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { formerAvailable, formerCommit } from './former-release.ts';
import { freshState } from './godwit.ts';
import { skipAloud } from './skip-aloud.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const former = await formerAvailable();
skipAloud('a clone without history', former);

describe.runIf(former.ok)('a clone without its history, as a CI makes it', () => {
  test('asks where it came from for the former version, and stays as short as it was', async () => {
    await using folder = await freshState();
    const clone = join(folder.path, 'clone');
    const git = async (...words: readonly string[]) => (await run('git', ['-C', clone, ...words])).stdout.trim();
    await run('git', ['clone', '--quiet', '--depth=1', `file://${root}`, clone]);
    await cp(join(root, 'labs', 'former-release.ts'), join(clone, 'labs', 'former-release.ts'));
    await expect(git('cat-file', '-e', formerCommit)).rejects.toThrow('cat-file');
    const asking = `import { formerAvailable } from './labs/former-release.ts'; console.log((await formerAvailable()).ok)`;
    const ask = async () => (await run(process.execPath, ['-e', asking], { cwd: clone })).stdout.trim();
    expect(await ask()).toBe('true');
    expect(await git('cat-file', '-t', formerCommit)).toBe('commit');
    expect(await git('rev-list', '--count', 'HEAD')).toBe('1');
  });

  test('says what is lacking where that cannot be had', async () => {
    await using folder = await freshState();
    const clone = join(folder.path, 'clone');
    await run('git', ['clone', '--quiet', '--depth=1', `file://${root}`, clone]);
    await cp(join(root, 'labs', 'former-release.ts'), join(clone, 'labs', 'former-release.ts'));
    await run('git', ['-C', clone, 'remote', 'set-url', 'origin', join(folder.path, 'nothing')]);
    const asking = `import { formerAvailable } from './labs/former-release.ts'; console.log((await formerAvailable()).why)`;
    const { stdout } = await run(process.execPath, ['-e', asking], { cwd: clone });
    expect(stdout).toContain('git fetch --unshallow');
  });
});
