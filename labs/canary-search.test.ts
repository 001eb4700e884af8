/** The search for canaries finds them: a lab that finds none is worth as much as this. */

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '../src/store/test-database.ts';
import { drawMark, markOf, searchDatabase, searchFolder, searchIn, searchProcesses } from './canary-search.ts';

const mark = drawMark('a password');
const marks = [mark];

test.each([
  ['as it is', `LOGIN ann "${mark.text}!"`],
  ['in JSON', JSON.stringify({ error: `no: ${mark.text}` })],
  ['in a URL', encodeURIComponent(`p/${mark.text}@`)],
  ['in hexadecimal digits', `\\x${Buffer.from(`pass ${mark.text}`).toString('hex')}`],
  ['in capital digits', Buffer.from(mark.text).toString('hex').toUpperCase()],
  ['in octets of two', Buffer.from(mark.text, 'utf16le').toString('latin1')],
  ...['', 'a', 'ab', 'abc', '\0ann\0'].flatMap((before) =>
    (['base64', 'base64url'] as const).map((as) => [
      `in ${as} behind ${JSON.stringify(before)}`,
      Buffer.from(`${before}${mark.text} and more`).toString(as),
    ]),
  ),
])('it is found %s', (_, text) => {
  expect(searchIn('here', Buffer.from(text, 'latin1'), marks)).toMatchObject([{ where: 'here', kind: 'a password' }]);
});

test('nothing is found where there is none, and a key of octets is found as a text, too', () => {
  expect(searchIn('here', Buffer.from('canary, canaries, c4n4ry'.repeat(1_000)), marks)).toEqual([]);
  const key = Buffer.from(Array.from({ length: 32 }, (_, i) => (i * 37 + 11) % 256));
  for (const text of [key, Buffer.from(key.toString('hex')), Buffer.from(`k=${key.toString('base64')}`)])
    expect(searchIn('here', text, [markOf('a key', key)])).not.toEqual([]);
});

test('it is found in files, in what is packed, in names, in tables, and in what others see of a process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-search-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'plain'), `x${mark.text}`);
  await writeFile(join(folder, 'packed.gz'), gzipSync(`x${mark.text}`));
  await writeFile(join(folder, `of-${mark.text}`), '');
  const { findings, files } = await searchFolder(folder, marks);
  expect(files).toBe(3);
  expect(findings).toHaveLength(3);

  await using db = await testDatabase();
  await sql`insert into audit (who, what, about) values ('x', 'y', ${JSON.stringify({ a: [mark.text] })}::jsonb)`.execute(
    db.sql,
  );
  await sql`insert into secret (name, sealed, key_id) values ('a', ${Buffer.from(`.${mark.text}`)}, 'k')`.execute(
    db.sql,
  );
  const inTables = (await searchDatabase(db.sql, marks)).findings.map(({ where }) => where);
  expect(inTables.toSorted()).toEqual(['table public.audit', 'table public.secret']);

  for (const [argument, value] of [
    [mark.text, ''],
    ['', mark.text],
  ]) {
    const variable = `GODWIT_LAB_RUN=${mark.text.length}-${Math.trunc(performance.now())}`;
    const [name = '', run] = variable.split('=');
    const child = spawn('sleep', ['30'], { argv0: `sleep ${argument}`, env: { [name]: run, VALUE: value } });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve) => child.once('spawn', resolve));
    expect((await searchProcesses(variable, marks)).findings).toHaveLength(1);
    child.kill('SIGKILL');
    await ended;
  }
});
