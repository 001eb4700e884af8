/** Evidence by the API of a server: what lies in the folder afterwards is what the machine of the estate would have written. */

import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { ask, bearerOf, type Served, served } from '#api/served.test-kit.ts';
import { type Played, play } from '#cli/made-up-world.ts';
import {
  type Certificate,
  certificateVersion,
  type Envelope,
  envelopeText,
  type WaveCertificate,
} from '#domain/certificate.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { noGrades } from '#domain/grade.ts';
import { signingKey } from '#domain/signing-key.ts';
import { people, windowIn } from '#store/estate.test-kit.ts';
import { openEvidence } from '#store/evidence.ts';
import { putSigningKey } from '#store/signing-keys.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { openWaves } from '#store/waves.ts';
import { openEvidenceWork } from './evidence.ts';
import { openEvidenceThere } from './evidence-there.ts';

/** As much of a certificate as a bundle tells of; one of them longer than a piece. */
function certified(address: string, organisation: string): Envelope<Certificate> {
  const certificate = {
    id: randomUUID(),
    madeAt: '2026-12-01T10:00:00.000Z',
    mailbox: { address, kind: 'person', organisation },
    wave: { name: 'pilot' },
    totals: { sourceMessages: 1, targetMessages: 1, targetOctets: 10, open: 0, accepted: 1 },
    switches: [],
    exceptions: [{ folder: 'Zoë', uid: 7, kind: 'missing', code: 'missing', detail: '=x', accepted: null }],
    grade: { grade: 'good', because: ['1 exception accepted by a person'] },
    notes: address.startsWith('bob') ? [{ reason: '\u{1f426}'.repeat(200_000) }] : [],
  } as unknown as Certificate;
  return { certificate, protected: 'p', signature: 's' };
}

async function anEstate(): Promise<TestDatabase> {
  const db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'cem']);
  await sql`insert into organisation (code, name) values ('RZZ', 'Others')`.execute(db.sql);
  await sql`update mailbox set organisation = 2 where id = 3`.execute(db.sql);
  const order = { name: 'pilot', selector: {}, limit: null, isPilot: true, errorBudget: 1, window: windowIn(1) };
  await openWaves(db).create(order, 'operator bob');
  await putSigningKey(db, signingKey(Buffer.alloc(32, 1)), null, null, 'operator bob');
  const evidence = openEvidence(db);
  for (const [i, [name, of]] of [
    ['ann', 'RXY'],
    ['bob', 'RXY'],
    ['cem', 'RZZ'],
  ].entries())
    await evidence.keep(i + 1, certified(`${name}@x.example`, of as string));
  const certificate = {
    type: 'godwit-wave-certificate',
    version: certificateVersion,
    id: randomUUID(),
    madeAt: '2026-12-01T11:00:00.000Z',
    root: 'aa',
    mailboxes: 3,
    grades: { ...noGrades, good: 3 },
    grade: { grade: 'good', because: [] },
    previous: null,
  } as unknown as WaveCertificate;
  await evidence.close(
    1,
    { certificate, protected: '', signature: '' },
    await evidence.open([1, 2, 3]),
    'operator bob',
  );
  return db;
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-there-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

function there(api: Pick<Served, 'url'>, bearer: string, ...words: readonly string[]): Promise<Played> {
  return play([...words, '--server', api.url, '--token', 'env:TOKEN'], {
    environment: { TOKEN: bearer },
    config: '/nowhere/godwit.yaml',
    openEvidenceThere: async (options) => openEvidenceThere(options, '1.2.3'),
  });
}

async function here(db: TestDatabase, ...words: readonly string[]): Promise<Played> {
  const environment = (name: string) => (name === 'DATABASE_URL' ? db.url : undefined);
  const settings = { database: 'embedded', atOnce: 1, selection: {} } as unknown as EstateSettings;
  return play([...words, '--state', await emptyFolder()], {
    readEstate: async () => settings,
    openEvidence: (options) => openEvidenceWork(options, '1.2.3', environment),
  });
}

/** Names and octets of all files. */
async function contentsOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(folder)).toSorted((a, b) => (a < b ? -1 : 1));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'base64')] as const)),
  );
}

const exporting = (folder: string, organisation = 'RXY') => [
  'evidence',
  'export',
  '--organisation',
  organisation,
  '--out',
  folder,
];

test('a bundle taken from a server is octet for octet that of the machine itself', async () => {
  await using db = await anEstate();
  const [near, far] = [await emptyFolder(), await emptyFolder()];
  const one = await here(db, ...exporting(near));
  const other = await there(await served(db), await bearerOf(db, 'auditor'), ...exporting(far));
  expect([other.code, other.stdout.replaceAll(far, near), other.stderr]).toEqual([0, one.stdout, one.stderr]);
  expect(await contentsOf(far)).toEqual(await contentsOf(near));
  const bob = await readFile(join(far, 'bob@x.example.json'), 'utf8');
  expect(bob).toBe(envelopeText(JSON.parse(bob) as Envelope));
});

test('a local administrator takes away their own, and of others is told what is told of nobody', async () => {
  await using db = await anEstate();
  const api = await served(db);
  const bearer = await bearerOf(db, 'local-administrator', 'RXY');
  const folder = await emptyFolder();
  expect((await there(api, bearer, ...exporting(folder))).code).toBe(0);
  expect(Object.keys(await contentsOf(folder))).toEqual([
    'README.txt',
    'ann@x.example.json',
    'ann@x.example.proof.json',
    'bob@x.example.json',
    'bob@x.example.proof.json',
    'exceptions.csv',
    'godwit-bundle.sha256',
    'mailboxes.csv',
    'public-keys.json',
    expect.stringMatching(/^wave-pilot-2026-12-01-/),
  ]);
  for (const code of ['RZZ', 'RQQ'])
    expect(await there(api, bearer, ...exporting(folder, code))).toMatchObject({
      code: 2,
      stderr: `godwit: There is no organisation ${code}.\n`,
    });
  const certificate = (address: string) => ask(api, `/v1/mailboxes/${address}/certificate`, { bearer });
  expect((await certificate('cem@x.example')).status).toBe(404);
  expect((await certificate('ann@x.example')).body).toMatchObject({
    address: 'ann@x.example',
    certificate: { grade: 'good', file: expect.stringMatching(/^\{"certificate":\{.*\}\n$/) },
  });
  expect((await ask(api, '/v1/waves/pilot/certificate', { bearer })).body).toMatchObject({
    wave: 'pilot',
    certificate: { file: expect.stringContaining('"mailboxes":3') },
  });
});

test('keys that sign are told by a server as by the machine', async () => {
  await using db = await anEstate();
  const api = await served(db);
  const bearer = await bearerOf(db, 'service-desk');
  for (const words of [
    ['certificate', 'key', 'list'],
    ['certificate', 'key', 'list', '-o', 'json'],
    ['certificate', 'key', 'export'],
  ])
    expect((await there(api, bearer, ...words)).stdout).toBe((await here(db, ...words)).stdout);
});
