/** Evidence by the API of a server: what lies in the folder afterwards is what the machine of the estate would have written. */

import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import type { EvidenceDesk } from '#api/estate.ts';
import { ask, bearerOf, deskFor, type Served, served } from '#api/served.test-kit.ts';
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
import { certifyWave } from '#operations/certify-wave.ts';
import { signed } from '#operations/sign-evidence.ts';
import { people, windowIn } from '#store/estate.test-kit.ts';
import { openEvidence } from '#store/evidence.ts';
import { noteDigestKeys } from '#store/evidence-view.ts';
import { digestKeyOf } from '#store/ledger.ts';
import { putSigningKey } from '#store/signing-keys.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { openWaves } from '#store/waves.ts';
import { digestKeysIn, openEvidenceWork } from './evidence.ts';
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
  return hereIn(await emptyFolder(), db, ...words);
}

async function hereIn(stateDir: string, db: TestDatabase, ...words: readonly string[]): Promise<Played> {
  const environment = (name: string) => (name === 'DATABASE_URL' ? db.url : undefined);
  const settings = { database: 'embedded', atOnce: 1, selection: {} } as unknown as EstateSettings;
  return play([...words, '--state', stateDir], {
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

const exporting = (folder: string, organisation = 'RXY'): readonly string[] => [
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

/** Nothing is read of any mailbox: each gets the certificate that it is given here. */
function pretended(db: TestDatabase): EvidenceDesk {
  const evidence = openEvidence(db);
  const key = signingKey(Buffer.alloc(32, 1));
  const root = Buffer.alloc(32, 7);
  return {
    async digestKeys(members, who) {
      await noteDigestKeys(db, members, who);
      return digestKeysIn(root, members);
    },
    rotate: async () => 'another',
    async *make({ members }) {
      for (const mailbox of members) {
        const address = (await evidence.addresses([mailbox])).get(mailbox) as string;
        if (address.startsWith('bob')) {
          yield [{ kind: 'none', address, code: 'copying', why: 'nothing is there' }];
          continue;
        }
        const made = certified(address, 'RXY');
        await evidence.keep(mailbox, await signed(made.certificate, key));
        yield [{ kind: 'made', address, grade: made.certificate.grade }];
      }
    },
    close: (order, who) => certifyWave({ ...order, evidence, key, version: '1', who, now: () => Date.now() }),
  };
}

test('certificates of a wave are made by a server, its root is closed by whoever ordered it, and the files are those that it keeps', async () => {
  await using db = await anEstate();
  const api = await served(db, { desk: deskFor(db, { proofs: pretended(db) }) });
  const folder = await emptyFolder();
  const words = ['certificate', 'make', '--wave', 'pilot', '--out', folder];
  const told = await there(api, await bearerOf(db, 'operator'), ...words);
  expect([told.code, told.stderr]).toEqual([3, '']);
  expect(told.stdout).toContain('2 certificates made');
  expect(told.stdout).toContain('bob@x.example  no certificate: nothing is there');
  expect(told.stdout).toMatch(/Wave pilot is poor\. Its root, stamped into the audit log: [0-9a-f]{64}/);
  const { certificate } = JSON.parse(
    await readFile(join(folder, 'wave-pilot.json'), 'utf8'),
  ) as Envelope<WaveCertificate>;
  expect(certificate).toMatchObject({ mailboxes: 2, uncertified: { copying: 1 } });
  const ann = await readFile(join(folder, 'ann@x.example.json'), 'utf8');
  const { id } = (JSON.parse(ann) as Envelope<Certificate>).certificate;
  const kept = await sql<{ text: string }>`select text from certificate where id = ${id}`.execute(db.sql);
  expect(ann).toBe(kept.rows[0]?.text);
  const { rows } = await sql<{ who: string }>`
    select who from audit where what = 'wave certified' order by id desc limit 1`.execute(db.sql);
  expect(rows[0]?.who).toMatch(/^token \d+ \(operator of all\)$/);
  expect(await there(api, await bearerOf(db, 'operator'), ...words, '--at-once', '8')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--at-once does not go by a server'),
  });
});

test('a certificate of one mailbox is made by a server, without a root, and of one that is not there it is told as on the machine', async () => {
  await using db = await anEstate();
  const api = await served(db, { desk: deskFor(db, { proofs: pretended(db) }) });
  const bearer = await bearerOf(db, 'operator');
  const folder = await emptyFolder();
  const of = (mailbox: string) => ['certificate', 'make', '--mailbox', mailbox, '--out', folder];
  const told = await there(api, bearer, ...of('Ann@x.example'));
  expect([told.code, told.stderr]).toEqual([0, '']);
  expect(told.stdout).toContain('1 certificate made');
  const files = Object.keys(await contentsOf(folder));
  expect(files).toEqual(['ann@x.example.json', 'public-keys.json']);
  const { rows } = await sql<{ text: string }>`
    select text from certificate where mailbox = 1 and wave_certificate is null`.execute(db.sql);
  expect(await readFile(join(folder, 'ann@x.example.json'), 'utf8')).toBe(rows[0]?.text);
  const unknown = of('nix@x.example');
  expect(await there(api, bearer, ...unknown)).toMatchObject({ code: 2, stderr: (await here(db, ...unknown)).stderr });
});

test('what a server tells as the certificate of a wave and is none is not written down as one', async () => {
  await using db = await anEstate();
  const close = async () => ({ certificate: { type: 'x' } }) as unknown as Envelope<WaveCertificate>;
  const api = await served(db, { desk: deskFor(db, { proofs: { ...pretended(db), close } }) });
  const folder = await emptyFolder();
  const words = ['certificate', 'make', '--wave', 'pilot', '--out', folder];
  const told = await there(api, await bearerOf(db, 'operator'), ...words);
  expect([told.code, told.stderr]).toEqual([4, expect.stringContaining('(api.server.garbled)')]);
  expect(await readdir(folder)).not.toContain('wave-pilot.json');
});

test('whoever checks contents gets keys of their own mailboxes alone, once, and the audit log tells of each', async () => {
  await using db = await anEstate();
  const api = await served(db, { desk: deskFor(db, { proofs: pretended(db) }) });
  const bearer = await bearerOf(db, 'local-administrator', 'RXY');
  const folder = await emptyFolder();
  expect((await there(api, bearer, ...exporting(folder), '--with-digest-keys')).code).toBe(0);
  const key = await readFile(join(folder, 'bob@x.example.digest-key'), 'utf8');
  expect(key).toBe(`${Buffer.from(digestKeyOf(Buffer.alloc(32, 7), 2)).toString('hex')}\n`);
  expect((await stat(join(folder, 'bob@x.example.digest-key'))).mode & 0o777).toBe(0o600);
  const of = (mailbox: string) => ['certificate', 'digest-keys', '--mailbox', mailbox, '--out', folder];
  expect(await there(api, bearer, ...of('cem@x.example'))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('There is no mailbox cem@x.example'),
  });
  expect((await there(api, bearer, ...of('ann@x.example'))).code).toBe(0);
  // Sent again under its key it is not told again.
  const order = { addresses: ['ann@x.example'] };
  const headers = { 'idempotency-key': 'the-same-again' };
  expect((await ask(api, '/v1/digest-keys', { bearer, order, headers })).status).toBe(200);
  expect(await ask(api, '/v1/digest-keys', { bearer, order, headers })).toMatchObject({
    status: 409,
    text: expect.not.stringMatching(/[0-9a-f]{64}/),
  });
  const { rows } = await sql<{ mailbox: number; taken: number }>`
    select mailbox, count(*)::int as taken from audit where what = 'digest key taken' group by 1 order by 1`.execute(
    db.sql,
  );
  expect(rows).toEqual([
    { mailbox: 1, taken: 3 },
    { mailbox: 2, taken: 1 },
  ]);
});

test('on the machine itself the audit log tells as well whose keys were taken, and by whom', async () => {
  await using db = await anEstate();
  const [stateDir, folder] = [await emptyFolder(), await emptyFolder()];
  await writeFile(join(stateDir, 'digest.key'), Buffer.alloc(32, 7));
  expect((await hereIn(stateDir, db, ...exporting(folder), '--with-digest-keys')).code).toBe(0);
  const ann = ['certificate', 'digest-keys', '--mailbox', 'ann@x.example', '--out', folder];
  expect((await hereIn(stateDir, db, ...ann)).code).toBe(0);
  const key = await readFile(join(folder, 'ann@x.example.digest-key'), 'utf8');
  expect(key).toBe(`${Buffer.from(digestKeyOf(Buffer.alloc(32, 7), 1)).toString('hex')}\n`);
  const { rows } = await sql<{ mailbox: number; who: string }>`
    select mailbox, who from audit where what = 'digest key taken' order by id`.execute(db.sql);
  expect(rows.map(({ mailbox }) => mailbox)).toEqual([1, 2, 1]);
  for (const { who } of rows) expect(who).toMatch(/^operator ./);
});
