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

/** A clone without its history, or a package, has no earlier version to offer. */
export async function formerAvailable(): Promise<LabAvailable> {
  try {
    await run('git', ['-C', root, 'cat-file', '-e', `${formerCommit}^{commit}`]);
    return { ok: true };
  } catch {
    return {
      ok: false,
      why: `this clone does not have commit ${formerCommit.slice(0, 7)}: git fetch --unshallow brings it`,
    };
  }
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
