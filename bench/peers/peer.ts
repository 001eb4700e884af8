/** What the bench asks of a tool that moves mail: to be set up for a set of mailboxes and to be run, again and again. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DovecotServer } from '../../labs/dovecot.ts';
import type { Manners } from '../compare.ts';
import type { Lane } from '../measure.ts';

export type PeerName = 'godwit' | 'mbsync' | 'dsync' | 'interimap' | 'imapflow';

/** One end as a tool reaches it: perhaps through the delaying proxy, perhaps with TLS from the first octet. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** The authority to trust; null for clear text. */
  readonly caFile: string | null;
}

export interface Setup {
  /** A fresh folder on a real file system, for configuration and state. */
  readonly folder: string;
  /** The users to copy; the same name on both sides. */
  readonly users: readonly string[];
  readonly password: string;
  readonly source: Address;
  readonly target: Address;
  /** For dsync, which does not speak IMAP to the target but is the target. */
  readonly targetServer: DovecotServer;
  /** How many mailboxes a tool that can do several at once is told to have under way. */
  readonly atOnce: number;
}

export interface Peer {
  readonly name: PeerName;
  readonly manners: Manners;
  /** Why it cannot be had here, or null. */
  missing(): Promise<string | null>;
  /** Writes what the tool wants to read and says how it is run. Running the lanes again is the tool's second run. */
  prepare(setup: Setup): Promise<Prepared>;
}

export interface Prepared {
  readonly lanes: readonly Lane[];
  /** Loses all memory of earlier runs, where the tool can do without. */
  forget?(): Promise<void>;
  /** Exit codes that are no failure. */
  readonly fineExits: readonly number[];
  /** One line on how it was run, for the record. */
  readonly says: string;
}

/** The users in two halves for the two processes of a tool that does one mailbox at a time; one half when there is one user. */
export function halves(users: readonly string[]): readonly (readonly string[])[] {
  const left = users.filter((_, i) => i % 2 === 0);
  const right = users.filter((_, i) => i % 2 === 1);
  return right.length === 0 ? [left] : [left, right];
}

/** A lane that runs one command for each user, one after another, and fails if any of them did. */
export function loopLane(
  setup: Setup,
  part: number,
  commands: readonly (readonly string[])[],
  env: Readonly<Record<string, string>>,
): Lane {
  const script = join(setup.folder, `lane-${part}.sh`);
  const lines = commands.map((argv) => `${argv.map(shellQuoted).join(' ')} || bad=1`);
  writeFileSync(script, `bad=0\n${lines.join('\n')}\nexit $bad\n`);
  return { argv: ['sh', script], env, logFile: join(setup.folder, `lane-${part}.log`) };
}

function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The name by which a certificate of the labs is checked. */
export function hostOf(address: Address): string {
  return address.caFile === null ? address.host : 'localhost';
}
