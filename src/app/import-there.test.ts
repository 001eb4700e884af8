/** `estate import` on the database of an estate and by the API of a server: the same words, the same ends, the same estate. */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { bearerOf, deskFor, type Served, served } from '#api/served.test-kit.ts';
import { type Played, play } from '#cli/made-up-world.ts';
import { estateIn } from '#operations/import-estate.test-kit.ts';
import { importLock } from '#store/intake.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { openDesksThere } from './desks-there.ts';
import { openImporter } from './estate-import.ts';

type Say = (...words: readonly string[]) => Promise<Played>;

const config = '/nowhere/godwit.yaml';

function there(api: Pick<Served, 'url'>, bearer: string): Say {
  return (...words) =>
    play([...words, '--server', api.url, '--token', 'env:TOKEN'], {
      environment: { TOKEN: bearer },
      config,
      openDesksThere: async (options) => openDesksThere(options, '1.2.3'),
    });
}

function here(db: TestDatabase): Say {
  const environment = (name: string) => (name === 'DATABASE_URL' ? db.url : undefined);
  return (...words) => play(words, { config, openImporter: (options) => openImporter(options, environment) });
}

/** An operator, on an estate of its own: as anybody here has it. */
async function both() {
  const [db, other] = [await testDatabase(), await testDatabase()];
  onTestFinished(() => other[Symbol.asyncDispose]());
  onTestFinished(() => db[Symbol.asyncDispose]());
  const api = await served(other);
  const bearer = await bearerOf(other, 'operator');
  return { db, other, api, bearer, onDatabase: here(db), byServer: there(api, bearer) };
}

/** Files by their names, in a folder that goes with the test. */
function folder(files: Readonly<Record<string, string | Buffer>>): string {
  const path = fs.mkdtempSync(join(tmpdir(), 'godwit-import-'));
  onTestFinished(() => fs.rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(join(path, name), text);
  return path;
}

/** Times differ. */
function still({ code, stdout, stderr }: Played) {
  return {
    code,
    stderr,
    stdout: stdout.replaceAll(/"milliseconds": \d+/g, '"milliseconds": 0').replace(/Imported in .*?\./, 'Imported.'),
  };
}

const organisations = 'code,name,parent\nRXY,Somewhere,\nRXA,A ward,RXY\n';
const header = 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint\n';
const many = (count: number, what: (i: number) => string) => Array.from({ length: count }, (_, i) => what(i)).join('');
const person = (i: number, size: number) => `p${i}@x.example,person,RXY,${size + i},,,,\n`;
const people = (count: number, size = 100) => header + many(count, (i) => person(i, size));

interface Round {
  readonly code: number;
  readonly files: Readonly<Record<string, string | Buffer>>;
  /** `@m`: the path of the file `m`. */
  readonly flags: string;
}

/** One after the other, on the same estate. */
const rounds: Readonly<Record<string, Round>> = {
  tried: { code: 0, files: { o: organisations, m: people(30) }, flags: '--organisations @o --mailboxes @m' },
  'in earnest': {
    code: 0,
    files: { o: organisations, m: people(5_000) },
    flags: '--organisations @o --mailboxes @m --yes',
  },
  'again, as JSON': {
    code: 0,
    files: { o: organisations, m: people(5_000) },
    flags: '--organisations @o --mailboxes @m --yes -o json',
  },
  'with movers, leavers and joiners': {
    code: 0,
    files: { m: `${people(2_500, 7)}new@x.example,shared,RXA,5,,,,\np4000@x.example,room,RXA,5,,,,\n` },
    flags: '--mailboxes @m',
  },
  'the same, as JSON': {
    code: 0,
    files: { m: `${people(2_500, 7)}new@x.example,shared,RXA,5,,,,\np4000@x.example,room,RXA,5,,,,\n` },
    flags: '--mailboxes @m -o json --yes',
  },
  'with remarks': {
    code: 0,
    files: { g: `mailbox,grantee,kind\n${many(3_000, (i) => `p1@x.example,no${i}@x.example,full-access\n`)}` },
    flags: '--grants @g --yes',
  },
  'with thousands of problems, hostile ones among them': {
    code: 2,
    files: { m: header + many(4_000, (i) => `p${i}@x.example,per\u001b[31mson,RXQ,x,,,,\n`) },
    flags: '--mailboxes @m',
  },
  'with problems, as JSON': {
    code: 2,
    files: { m: `${header}=cmd@x,person,RXQ,1,,,,\n"p@x.example,person,RXY,1,,,,\n` },
    flags: '--mailboxes @m -o json --yes',
  },
  'without a header': {
    code: 2,
    files: { m: 'nothing,of,this\n1,2,3\n', o: organisations },
    flags: '--mailboxes @m --organisations @o --yes',
  },
  empty: { code: 2, files: { m: '' }, flags: '--mailboxes @m --yes' },
  'that is no text': { code: 2, files: { m: Buffer.from([0xff, 0xfe, 0, 1, 2, 3]) }, flags: '--mailboxes @m' },
  'that is not there': {
    code: 2,
    files: { m: people(1) },
    flags: '--mailboxes @m --organisations @none.csv --grants @. --yes',
  },
  'that is not given': { code: 2, files: {}, flags: '--yes' },
  'told quietly': { code: 0, files: { m: people(10) }, flags: '--mailboxes @m --yes --quiet' },
  'with a circle': {
    code: 2,
    files: { o: 'code,name,parent\nA,a,B\nB,b,A\n' },
    flags: '--organisations @o -o json',
  },
};

test('whatever is imported, a server writes the same and ends the same, and the estate is the same afterwards', async () => {
  const { db, other, onDatabase, byServer } = await both();
  for (const [what, { code, files, flags }] of Object.entries(rounds)) {
    const path = folder(files);
    const words = ['estate', 'import', ...flags.split(' ').map((word) => word.replace(/^@/, `${path}/`))];
    const told = still(await onDatabase(...words));
    expect([what, told.code, told.stderr]).toEqual([what, code, told.stderr]);
    expect([what, still(await byServer(...words))]).toEqual([what, told]);
  }
  expect(await estateOf(other)).toBe(await estateOf(db));
}, 60_000);

/** But for when, by whom and in which transaction. */
async function estateOf(db: TestDatabase): Promise<string> {
  const { audit: _, ...estate } = (await estateIn(db)) as { readonly audit: unknown };
  return JSON.stringify(estate).replaceAll(/"xmin":"\d+"|"[a-z_]+_(?:at|since)":"[^"]+"/g, '');
}

test('what was imported is not kept, what was only tried is, so that it need not be sent again', async () => {
  const { other, byServer } = await both();
  const path = folder({ o: organisations });
  const sent = async () => (await sql`select octets from sent_file`.execute(other.sql)).rows;
  const words = ['estate', 'import', '--organisations', join(path, 'o')];
  await byServer(...words);
  expect(await sent()).toHaveLength(1);
  expect((await byServer(...words, '--yes')).code).toBe(0);
  expect(await sent()).toEqual([]);
  const { rows } = await sql<{ who: string }>`select who from audit where what = 'import'`.execute(other.sql);
  expect(rows.map(({ who }) => who)).toEqual(['token 1 (operator of all)']);
});

test('what comes through a pipe goes by a server, too', async () => {
  const { other, byServer } = await both();
  const path = folder({});
  const pipe = join(path, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const writing = fs.promises.writeFile(pipe, organisations);
  const { code, stdout } = await byServer('estate', 'import', '--organisations', pipe, '--yes');
  await writing;
  expect([code, stdout]).toEqual([0, expect.stringContaining('Imported in')]);
  expect((await sql`select code from organisation order by code`.execute(other.sql)).rows).toHaveLength(2);
});

test('what goes wrong there is told as it is here: another import, a role, a file that is too large', async () => {
  const { db, other, onDatabase, byServer, api } = await both();
  const words = ['estate', 'import', '--organisations', join(folder({ o: organisations }), 'o')];
  const clients = [await db.connect(), await other.connect()];
  for (const client of clients) await client.query('select pg_advisory_lock($1)', [importLock]);
  const busy = await onDatabase(...words);
  expect(busy.stderr).toContain('estate.import.under-way');
  const told = await byServer(...words);
  expect([told.code, told.stderr.replaceAll(other.name, db.name)]).toEqual([busy.code, busy.stderr]);
  for (const client of clients) await client.end();
  const auditor = await there(api, await bearerOf(other, 'auditor'))(...words);
  expect([auditor.code, auditor.stderr]).toEqual([2, expect.stringContaining('api.act.forbidden')]);
  const small = await served(other, { desk: deskFor(other, { fileLimits: { largest: 10, together: 100 } }) });
  const refused = await there(small, await bearerOf(other, 'operator'))(...words);
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('api.file.too-large')]);
});
