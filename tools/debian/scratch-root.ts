/** A root to install into that is none of this machine's: dpkg's own, empty, below a folder. Nothing outside of it is changed. */

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * dpkg in `root`. There is nothing in it that a script could be run by, so scripts are run outside of it and told where it is (DPKG_ROOT),
 * and what the packages depend on is this machine's.
 */
export async function dpkgIn(root: string, ...words: readonly string[]): Promise<string> {
  await mkdir(join(root, 'var/lib/dpkg'), { recursive: true });
  await writeFile(join(root, 'var/lib/dpkg/status'), '', { flag: 'a' });
  const mine = ['--force-script-chrootless', '--force-depends', '--force-not-root', `--log=${join(root, 'dpkg.log')}`];
  const { stdout, stderr } = await run('dpkg', [`--root=${root}`, ...mine, ...words]);
  return stdout + stderr;
}

/**
 * The words before a command that is to run as on a machine on which `root` was installed: its files lie over this machine's, for this
 * command only, and there is no network but loopback's name. Wants root, or user namespaces.
 */
export function asInstalled(root: string): readonly string[] {
  const script = `
    for part in usr etc var; do mount -t overlay overlay -o "lowerdir=$1/$part:/$part" "/$part" || exit 111; done
    shift; exec "$@"`;
  const namespace = process.getuid?.() === 0 ? ['-mn'] : ['-Urmn'];
  return ['unshare', ...namespace, '--propagation', 'private', 'sh', '-c', script, 'sh', root];
}
