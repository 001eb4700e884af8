/** Where the embedded PostgreSQL of a state folder has its files and its socket, the same for every process that looks. */

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { fault } from '#domain/fault.ts';

export interface Place {
  /** All of it, open to its owner alone. */
  readonly home: string;
  readonly data: string;
  readonly log: string;
  /** For libraries under the names by which they are looked for, where they cannot be with the programs. */
  readonly libraries: string;
  /** The folder of its socket. */
  readonly sockets: string;
  /** For `openDatabase`; without a secret, since the folder of the socket lets nobody else in. */
  readonly url: string;
}

export const user = 'godwit';
/** The number in the name of its socket. It listens on a port only when it is told to. */
export const socketNumber = 5432;
/** The kernel takes no longer path of a socket: `sun_path` of 108 octets, the last of them zero (unix(7)). */
const socketPathOctetsMax = 107;

/** Makes the folders that are not there yet. Throws `database.embedded.unusable` where they cannot be had. */
export function makePlace(stateDir: string): Place {
  try {
    const made = join(stateDir, 'postgres');
    fs.mkdirSync(made, { recursive: true, mode: 0o700 });
    // By whichever links and relative ways one comes here: it is one place.
    const home = fs.realpathSync(made);
    fs.chmodSync(home, 0o700);
    const sockets = makeSocketFolder(home);
    return {
      home,
      data: join(home, 'data'),
      log: join(home, 'log'),
      libraries: join(home, 'lib'),
      sockets,
      url: `postgresql://${user}@localhost:${socketNumber}/postgres?host=${encodeURIComponent(sockets)}`,
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw fault('database.embedded.unusable', { detail: `${(error as Error).message}.` }, { cause: error });
  }
}

/** In its home, or under /tmp where the path would be too long. */
function makeSocketFolder(home: string): string {
  const us = process.getuid?.() ?? 0;
  const near = join(home, 'run');
  const digest = createHash('sha256').update(home).digest('hex').slice(0, 16);
  // Not $TMPDIR: that may be another one for the next process.
  const path = fits(near) ? near : `/tmp/godwit-${us}-${digest}`;
  fs.mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = fs.lstatSync(path);
  if (found.uid !== us || !found.isDirectory())
    throw fault('database.embedded.unusable', {
      detail: `${path}, the folder of its socket, belongs to somebody else.`,
    });
  fs.chmodSync(path, 0o700);
  return path;
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, `.s.PGSQL.${socketNumber}`)) <= socketPathOctetsMax;
}
