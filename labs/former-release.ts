/**
 * Godwit as it was: an earlier commit of this repository, unpacked beside it, for labs in which two versions are at work at once. Until
 * there is a release it is the last commit before migration 0009.
 */

import { execFile, spawn } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LabAvailable } from './namespace.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');

/** Of 21 November 2026: eight migrations, no doors' accounts of what a switch took, no rights. */
export const formerCommit = '1befa66a06bd3b79fb03df6c13ae359824c9db8f';

/** Looks for it in this clone, and where that has no history (as a CI often makes it) asks where it was cloned from for this one commit. */
export async function formerAvailable(): Promise<LabAvailable> {
  if ((await isHere()) || ((await fetched()) && (await isHere()))) return { ok: true };
  const short = formerCommit.slice(0, 7);
  return { ok: false, why: `this clone does not have commit ${short}, nor can origin give it: git fetch --unshallow` };
}

const isHere = (): Promise<boolean> => succeeds('cat-file', '-e', `${formerCommit}^{commit}`);
/** Nobody is asked for a password, and nothing of this clone changes but what it holds. */
const fetched = (): Promise<boolean> => succeeds('fetch', '--quiet', '--no-tags', '--depth=1', 'origin', formerCommit);

function succeeds(...words: readonly string[]): Promise<boolean> {
  const env = { ...process.env, GIT_TERMINAL_PROMPT: '0' };
  return run('git', ['-C', root, ...words], { env, timeout: 60_000 }).then(
    () => true,
    () => false,
  );
}

/** Unpacks it into `folder`, to be run with the libraries of today; answers with its entry. */
export async function unpackFormer(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const tar = spawn('tar', ['-x', '-C', folder], { stdio: ['pipe', 'ignore', 'inherit'] });
  const git = spawn('git', ['-C', root, 'archive', formerCommit, 'src', 'docs', 'package.json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  git.stdout.pipe(tar.stdin);
  const codes = await Promise.all(
    [git, tar].map((child) => new Promise<number | null>((resolve) => child.once('close', resolve))),
  );
  if (codes.some((code) => code !== 0))
    throw new Error(`the former version could not be unpacked: ${codes.join(', ')}`);
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'src', 'app', 'main.ts');
}
