/**
 * The raw state of a source: what it would take to see that somebody did more than read. Flags with `\Recent`, UIDs,
 * mod-sequences, the four numbers of each folder, subscriptions, and the files that hold mail (not the server's caches,
 * which reading may touch).
 */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { LabServer, LabUser } from './server.ts';
import { field, octets, type Value, Wire } from './wire.ts';

export interface RawState {
  /** Per folder: `UIDVALIDITY UIDNEXT HIGHESTMODSEQ MESSAGES`, then per message `uid modseq flags`. */
  readonly folders: Readonly<Record<string, readonly string[]>>;
  readonly subscriptions: readonly string[];
  /** SHA-256 of each mail file, by its path. */
  readonly files: Readonly<Record<string, string>>;
}

/** Read by EXAMINE, so that looking changes nothing either. Deeply comparable. */
export async function rawState(server: LabServer, user: LabUser): Promise<RawState> {
  const folders: Record<string, readonly string[]> = {};
  await using wire = await Wire.signedIn(server.port, user);
  await wire.command('ENABLE CONDSTORE');
  for (const response of (await wire.ok('LIST "" *')).untagged) {
    const name = octets(response[3]);
    const opened = await wire.command('EXAMINE ', Buffer.from(name, 'latin1'));
    if (opened.status !== 'OK') {
      folders[name] = ['cannot be selected'];
      continue;
    }
    const lines: string[] = [];
    const codes = opened.untagged.map(
      (each) => /^\[((?:UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ) \d+)\]/.exec(octets(each[1]))?.[1],
    );
    lines.push(
      codes
        .filter((each) => each !== undefined)
        .toSorted()
        .join(' '),
    );
    await wire.each((answer) => {
      if (answer[1] !== 'FETCH') return;
      const flags = field(answer[2], 'FLAGS');
      const modseq = field(answer[2], 'MODSEQ');
      lines.push(
        [
          octets(field(answer[2], 'UID')),
          Array.isArray(modseq) ? octets(modseq[0] as Value) : '',
          ...(Array.isArray(flags) ? flags.map((flag: Value) => octets(flag)).toSorted() : []),
        ].join(' '),
      );
    }, 'UID FETCH 1:* (UID FLAGS MODSEQ)');
    folders[name] = lines;
  }
  const subscriptions = (await wire.ok('LSUB "" *')).untagged.map((each) => octets(each[3])).toSorted();
  return { folders, subscriptions, files: await mailFiles(server.mailOf(user.name)) };
}

/** Caches and indexes; for mdbox the map that says where a message lies in its file. */
const notMail = /^(dovecot|cyrus)\.|^subscriptions$|\.lock$|^maildirfolder$|^(squatter|header)\b/;

async function mailFiles(root: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || notMail.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(root, path)] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  }
  return files;
}
