/**
 * Canaries: marks in what nobody else is to see, and a search for them in all that was left behind, however it was written down. A
 * mark is long and drawn anew for each run, so that nothing looks like it by accident.
 */

import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sql } from 'kysely';
import type { Sql } from '../src/store/db.ts';

export interface Mark {
  /** What it is in, for whoever reads a finding. */
  readonly kind: string;
  readonly text: string;
  readonly forms: readonly Form[];
}

interface Form {
  readonly name: string;
  readonly octets: Buffer;
}

export interface Finding {
  readonly where: string;
  readonly kind: string;
  readonly form: string;
  /** What stands before it, to see who wrote it. */
  readonly before: string;
}

/** A mark for what is of this kind: put it into whatever must not be seen. */
export function drawMark(kind: string): Mark {
  const text = `canary${randomBytes(9).toString('hex')}`;
  return { kind, text, forms: formsOf(Buffer.from(text)) };
}

/** The marks of octets that are no text, a key for instance: as they are, and as anybody would write them. */
export function markOf(kind: string, octets: Uint8Array): Mark {
  return { kind, text: '', forms: formsOf(Buffer.from(octets)) };
}

/** As it is, in hexadecimal digits, as V8 keeps a string with other letters, backwards, and inside of base64 wherever it begins. */
function formsOf(octets: Buffer): readonly Form[] {
  const wide = Buffer.from([...octets].flatMap((octet) => [octet, 0]));
  return [
    { name: 'as it is', octets },
    { name: 'hexadecimal', octets: Buffer.from(octets.toString('hex')) },
    { name: 'HEXADECIMAL', octets: Buffer.from(octets.toString('hex').toUpperCase()) },
    { name: 'two octets each', octets: wide },
    { name: 'backwards', octets: Buffer.from(octets.toReversed()) },
    ...[0, 1, 2].flatMap((shift) => within(octets, shift)),
  ];
}

/** What base64 of anything with these octets in it has in it for certain, when they begin after 3n + `shift` others. */
function within(octets: Buffer, shift: number): readonly Form[] {
  const padded = Buffer.concat([Buffer.alloc(shift), octets]);
  const whole = padded.subarray(0, padded.length - (padded.length % 3));
  return (['base64', 'base64url'] as const).map((as) => ({
    name: as,
    octets: Buffer.from(whole.toString(as).slice(shift === 0 ? 0 : 4)),
  }));
}

/** Which of the marks are in these octets, each once; those of gzip are looked into. */
export function searchIn(where: string, octets: Buffer, marks: readonly Mark[]): readonly Finding[] {
  const findings = marks.flatMap(({ kind, forms }): readonly Finding[] => {
    for (const { name, octets: form } of forms) {
      const at = octets.indexOf(form);
      if (at < 0) continue;
      const before = octets.toString('latin1', Math.max(0, at - 160), at).replaceAll(/[^ -~]+/g, ' ');
      return [{ where, kind, form: name, before }];
    }
    return [];
  });
  return octets.length > 2 && octets[0] === 0x1f && octets[1] === 0x8b
    ? [...findings, ...searchIn(`${where} (unpacked)`, gunzipSync(octets), marks)]
    : findings;
}

export interface Searched {
  readonly findings: readonly Finding[];
  readonly files: number;
  readonly octets: number;
}

/** Every file below a folder; what goes away meanwhile is passed over. */
export async function searchFolder(folder: string, marks: readonly Mark[]): Promise<Searched> {
  const findings: Finding[] = [];
  let [files, octets] = [0, 0];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    findings.push(...searchIn(`the name ${path}`, Buffer.from(entry.name), marks));
    if (!entry.isFile()) continue;
    const content = await readFile(path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    });
    if (!content) continue;
    files++;
    octets += content.length;
    findings.push(...searchIn(path, content, marks));
  }
  return { findings, files, octets };
}

/** Every row of every table as text, whatever schema it is in, and what PostgreSQL knows of queries and statistics. */
export async function searchDatabase(db: Sql, marks: readonly Mark[]): Promise<Searched> {
  const { rows: tables } = await sql<{ schema: string; name: string }>`
    select schemaname as schema, tablename as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')
    union all values ('pg_catalog', 'pg_stat_activity'), ('pg_catalog', 'pg_stats'), ('pg_catalog', 'pg_settings')`.execute(
    db,
  );
  const findings: Finding[] = [];
  let octets = 0;
  for (const { schema, name } of tables) {
    const { rows } = await sql<{ row: string }>`
      select t::text as row from ${sql.table(`${schema}.${name}`)} t`.execute(db);
    const text = Buffer.from(rows.map(({ row }) => row).join('\n'));
    octets += text.length;
    findings.push(...searchIn(`table ${schema}.${name}`, text, marks));
  }
  return { findings, files: tables.length, octets };
}

/** What everybody on this machine sees of the processes that have this variable: their arguments and their environment. */
export async function searchProcesses(variable: string, marks: readonly Mark[]): Promise<Searched> {
  const findings: Finding[] = [];
  let [files, octets] = [0, 0];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [environment, command, title] = await Promise.all(
      ['environ', 'cmdline', 'comm'].map((name) => readFile(`/proc/${pid}/${name}`).catch(() => Buffer.alloc(0))),
    );
    if (!environment?.includes(variable)) continue;
    const seen = Buffer.concat([environment, command ?? Buffer.alloc(0), title ?? Buffer.alloc(0)]);
    files++;
    octets += seen.length;
    findings.push(...searchIn(`process ${pid} (${title?.toString().trim()})`, seen, marks));
  }
  return { findings, files, octets };
}
