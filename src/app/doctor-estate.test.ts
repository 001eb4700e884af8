/** `godwit doctor` on a real database, with half of everything down. */

import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DoctorEstateOptions } from '#cli/world.ts';
import type { Diagnosis } from '#domain/diagnosis.ts';
import { silent } from '#lib/log.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { doctorEstate } from './doctor-estate.ts';
import { readEstate } from './read-estate.ts';

const never = new AbortController().signal;
const secret = 'canary-99e1-secret';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-doctor-'));
});
afterAll(async () => rm(folder, { recursive: true }));

const options = (settings: DoctorEstateOptions['settings'], problems: readonly string[] = []): DoctorEstateOptions => ({
  settings,
  problems,
  stateDir: join(folder, 'state'),
  keys: [],
  version: '1.2.3',
  log: silent,
});

const environment = (db: Pick<TestDatabase, 'url'>) => (name: string) =>
  name === 'URL' ? db.url : name === 'OLD' ? secret : undefined;

/** Settings whose source answers nothing but a greeting in a word that is none, and whose target nobody listens at. */
async function settings(port: number) {
  const file = join(folder, 'godwit.yaml');
  await writeFile(join(folder, 'new.secret'), secret);
  await chmod(join(folder, 'new.secret'), 0o644);
  await writeFile(
    file,
    `database: env:URL
source: { url: 'imap+plain://127.0.0.1:${port}', secret: env:OLD }
target: { url: 'imap+plain://127.0.0.1:1', secret: file:new.secret }
notices: { from: move@corp.example, smtp: { url: 'smtp+plain://127.0.0.1:1' } }
`,
  );
  return readEstate(file);
}

/** Every table, but for what counts by itself. */
async function everything(db: TestDatabase): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`.execute(
    db.sql,
  );
  const all = await Promise.all(
    rows.map(async ({ name }) => (await sql`select * from ${sql.table(name)}`.execute(db.sql)).rows),
  );
  return JSON.stringify(all, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

const found = (diagnoses: readonly Diagnosis[], check: string) =>
  diagnoses.filter((each) => each.check === check).map(({ about, state }) => `${about}: ${state}`);

test('tells of everything at once: the platform that is not there, the file that all can read, that nobody is at work', async () => {
  await using db = await testDatabase();
  const server = createServer((socket) => socket.end('HELLO\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = (server.address() as { port: number }).port;
  try {
    const read = await settings(port);
    const before = await everything(db);
    const diagnoses = await doctorEstate(options(read), environment(db), never);
    expect(await everything(db)).toBe(before);
    expect(found(diagnoses, 'settings')).toEqual(['godwit.yaml: ok']);
    expect(found(diagnoses, 'database')).toContain('database: ok');
    expect(found(diagnoses, 'database')).toContain('clock of the database: ok');
    expect(found(diagnoses, 'work')).toEqual(['workers: wrong', 'queue: ok']);
    expect(found(diagnoses, 'platform')).toEqual(expect.arrayContaining(['source: wrong', 'target: wrong']));
    expect(found(diagnoses, 'secrets')).toEqual(
      expect.arrayContaining([`${join(folder, 'new.secret')}: wrong`, 'secrets: ok']),
    );
    expect(diagnoses.filter(({ check, state }) => check === 'notices' && state === 'wrong')).toHaveLength(1);
    expect(JSON.stringify(diagnoses)).not.toContain(secret);
    for (const { state, remedy } of diagnoses) if (state === 'wrong') expect(remedy).toBeTruthy();
  } finally {
    server.close();
  }
});

test('without a database what does not need it is told all the same, and what does is said not to have been tried', async () => {
  const read = await settings(2);
  const diagnoses = await doctorEstate(
    options(read),
    environment({ url: 'postgresql://godwit@127.0.0.1:1/none' }),
    never,
  );
  expect(found(diagnoses, 'machine').length).toBeGreaterThan(1);
  expect(found(diagnoses, 'platform')).toEqual(expect.arrayContaining(['source: wrong', 'target: wrong']));
  expect(diagnoses.filter(({ check, state }) => check === 'database' && state === 'wrong')).toHaveLength(1);
  expect(found(diagnoses, 'mailboxes')).toEqual([': not tried']);
});

test('settings that cannot be read are the first task, and the machine is looked at without them', async () => {
  const diagnoses = await doctorEstate(options(null, ['godwit.yaml, line 3: no.']), () => undefined, never);
  expect(diagnoses[0]).toMatchObject({ check: 'settings', state: 'wrong', says: 'godwit.yaml, line 3: no.' });
  expect(found(diagnoses, 'machine').length).toBeGreaterThan(1);
});

test('where no estate was ever made none is made for the looking', async () => {
  const read = { ...(await settings(2)), database: 'embedded' as const };
  const diagnoses = await doctorEstate(options(read), () => undefined, never);
  expect(existsSync(join(folder, 'state'))).toBe(false);
  expect(diagnoses.filter(({ check, state }) => check === 'database' && state === 'wrong')).toHaveLength(1);
});
