/**
 * Files of evidence while they are written, beside their places: under a name that nobody else's file has, since what processes that were
 * killed have left of them is swept away from folders that are other people's.
 */

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '#domain/fault.ts';

export function draftOf(path: string): string {
  return `${path}.godwit-draft-${process.pid}`;
}

/** Takes away drafts of processes that are no more, and nothing else. */
export async function sweepDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /\.godwit-draft-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !lives(Number(pid))) await rm(join(folder, name), { force: true });
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether `name` is that of a draft of the file `of`, whichever process began it. */
export function isDraftOf(name: string, of: string): boolean {
  return name.startsWith(`${of}.godwit-draft-`);
}

/** Throws `evidence.folder.unwritable` in the place of what a file system says. */
export async function unwritable<Answer>(folder: string, work: Promise<Answer>): Promise<Answer> {
  try {
    return await work;
  } catch (error) {
    throw fault('evidence.folder.unwritable', { folder, text: (error as Error).message }, { cause: error });
  }
}
