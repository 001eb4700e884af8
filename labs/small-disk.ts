/**
 * A disk that is soon full: a small file system in memory, mounted in a mount namespace of its own, which a sleeping
 * process keeps. It is gone with that process, and that process with us, however a test ends. Wants root.
 */

import { execFile, spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface SmallDisk extends AsyncDisposable {
  /** Put before a command, it runs where the disk is mounted. */
  readonly within: readonly string[];
  /** A path on the disk, as this process can reach it. */
  fromOutside(path: string): string;
  grow(sizeBytes: number): Promise<void>;
}

/** Mounts `sizeBytes` of disk at the existing folder `path`. */
export async function smallDisk(path: string, sizeBytes: number): Promise<SmallDisk> {
  const script = 'mount -t tmpfs -o "size=$1,mode=1777" tmpfs "$2" && : > "$2/.mounted" && exec sleep infinity';
  const holder = spawn(
    'setpriv',
    [
      '--pdeathsig',
      'KILL',
      'unshare',
      '-m',
      '--propagation',
      'private',
      'sh',
      '-c',
      script,
      'sh',
      String(sizeBytes),
      path,
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => holder.once('close', () => resolve()));
  const within = ['nsenter', '-t', String(holder.pid), '-m', '--'];
  const fromOutside = (inner: string): string => `/proc/${holder.pid}/root${inner}`;
  while (
    !(await access(fromOutside(`${path}/.mounted`)).then(
      () => true,
      () => false,
    ))
  ) {
    if (holder.exitCode !== null) throw new Error(`no small disk could be mounted at ${path}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    within,
    fromOutside,
    grow: async (size) => {
      await run(within[0] as string, [...within.slice(1), 'mount', '-o', `remount,size=${size}`, path]);
    },
    async [Symbol.asyncDispose]() {
      holder.kill('SIGKILL');
      await ended;
    },
  };
}
