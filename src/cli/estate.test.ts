import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { EstateChanges, Finding, NamedChange } from '#domain/estate-changes.ts';
import { fault } from '#domain/fault.ts';
import type { ImportFindings, ImportReport } from '#operations/import-estate.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { ImporterOptions, Importer } from './world.ts';

const changes: EstateChanges = {
  organisations: { joiners: 1, movers: 0, leavers: 0, returners: 0, unchanged: 21_999 },
  mailboxes: {
    joiners: 12,
    movers: 2,
    leavers: 1,
    returners: 0,
    toOtherOrganisation: 1,
    resized: 1_000,
    leaversUnderWay: 1,
    unchanged: 2_098_000,
  },
  grants: { added: 3, removed: 4, unchanged: 5_000_000 },
};

const mailbox = (change: NamedChange['change'], name: string, rest: Partial<NamedChange> = {}): NamedChange => ({
  of: 'mailbox',
  change,
  name,
  columns: [],
  before: null,
  after: null,
  ...rest,
});
const named: readonly NamedChange[] = [
  mailbox('leaver', 'ann@x', { before: 'RXY' }),
  mailbox('mover', 'bob@x', { columns: ['organisation'], before: 'RXY', after: 'RAB' }),
  mailbox('mover', 'carl\u001b[2J@x', { columns: ['kind', 'aliases'], before: 'RXY', after: 'RXY' }),
  { ...mailbox('joiner', 'NEW'), of: 'organisation' },
  ...Array.from({ length: 12 }, (_, i) => mailbox('joiner', `p${i}@x`, { after: 'R' })),
];

const finding = (line: number | null, text: string): Finding => ({
  file: 'mailboxes',
  line,
  column: line === null ? null : 3,
  text,
});

interface Story {
  readonly problems?: readonly Finding[];
  readonly remarks?: readonly Finding[];
  readonly changes?: EstateChanges;
  /** Breaks after everything was told. */
  readonly breaks?: Error;
  readonly orders?: Parameters<Importer['import']>[0][];
  readonly opened?: ImporterOptions[];
}

/** An importer that finds what the story says, in pages of ten. */
function importing({ problems = [], remarks = [], orders = [], opened = [], breaks, ...story }: Story): MadeUp {
  async function* pages<Item>(items: readonly Item[]): AsyncGenerator<readonly Item[]> {
    for (let at = 0; at < items.length; at += 10) yield items.slice(at, at + 10);
  }
  const found: ImportFindings = {
    problems: problems.length,
    remarks: remarks.length,
    changes: problems.length > 0 ? null : (story.changes ?? changes),
    problemPages: () => pages(problems),
    remarkPages: () => pages(remarks),
    changePages: (kind) => pages(named.filter(({ change }) => change === kind)),
  };
  return {
    config: '/nowhere/godwit.yaml',
    openImporter: async (options) => {
      opened.push(options);
      return {
        import: async (order) => {
          orders.push(order);
          order.watcher.reading('mailboxes', 10, 100);
          order.watcher.begins('checking');
          await order.watcher.found(found);
          if (breaks) throw breaks;
          const files: ImportReport['files'] = { mailboxes: { path: 'm.csv', rows: 10, sha256: 'ab' } };
          const changed = !order.dryRun && found.changes !== null;
          return {
            dryRun: order.dryRun,
            files,
            problems: problems.length,
            remarks: remarks.length,
            changes: found.changes,
            changed,
          };
        },
        [Symbol.asyncDispose]: async () => {},
      };
    },
  };
}

const words = ['estate', 'import', '--organisations', 'o.csv', '--mailboxes', 'm.csv'];

test('without --yes it is told what would change, by numbers and by name, and nothing is changed', async () => {
  const orders: Parameters<Importer['import']>[0][] = [];
  const remarks = [finding(7, 'perhaps the same, renamed')];
  const { code, stdout, stderr } = await play(words, importing({ orders, remarks }));
  expect(code).toBe(0);
  expect(stderr).toBe('');
  expect(orders[0]).toMatchObject({ dryRun: true, files: { organisations: 'o.csv', mailboxes: 'm.csv' } });
  expect(stdout).toBe(`               joiners  movers  leavers  returners  resized  unchanged
organisations        1       0        0          0              21,999
mailboxes           12       2        1          0    1,000  2,098,000
grants: 3 added, 4 removed, 5,000,000 unchanged

Leavers (1)
  ann@x  RXY

Movers (2)
  bob@x       RXY → RAB
  carl�[2J@x  RXY        kind, aliases

Joiners (13)
  NEW
  p0@x  R
  p1@x  R
  p2@x  R
  p3@x  R
  p4@x  R
  p5@x  R
  p6@x  R
  p7@x  R
  p8@x  R
  … and 3 more (-o json lists all)

Remarks (1)
  m.csv:7:3: perhaps the same, renamed

Nothing was changed: this was a dry run. Add --yes to import.
`);
});

test('with --yes it is imported, and told whose journeys rest', async () => {
  const orders: Parameters<Importer['import']>[0][] = [];
  const { code, stdout } = await play([...words, '--yes'], importing({ orders }));
  expect(code).toBe(0);
  expect(orders[0]).toMatchObject({ dryRun: false });
  expect(stdout).toMatch(/\nImported in 0\.0 s\. 1 leaver was on the way: their journeys rest where they are\.\n$/);
});

test('a first import does not list who joins, since everyone does', async () => {
  const first: EstateChanges = {
    organisations: null,
    mailboxes: {
      ...(changes.mailboxes as NonNullable<EstateChanges['mailboxes']>),
      movers: 0,
      leavers: 0,
      unchanged: 0,
    },
    grants: null,
  };
  expect((await play(words, importing({ changes: first }))).stdout).not.toContain('Joiners');
  const { stdout } = await play([...words, '-o', 'json'], importing({ changes: first }));
  expect(JSON.parse(stdout)).toMatchObject({ changes: first });
  expect(stdout).not.toContain('p0@x');
});

test('what is wrong is told in full where a program may read it, as compilers do, and ends with 2', async () => {
  const problems = Array.from({ length: 120 }, (_, i) => finding(i + 2, `problem ${i}`));
  const { code, stdout, stderr } = await play(words, importing({ problems }));
  expect(code).toBe(2);
  expect(stdout).toBe('');
  const lines = stderr.trimEnd().split('\n');
  expect(lines).toHaveLength(121);
  expect(lines[0]).toBe('m.csv:2:3: problem 0');
  expect(lines[119]).toBe('m.csv:121:3: problem 119');
  expect(lines[120]).toBe('godwit: 120 problems; nothing was imported.');
});

test('on a terminal the first fifty are told, and how many more there are', async () => {
  const problems = Array.from({ length: 1_120 }, (_, i) => finding(i === 0 ? null : i, `problem ${i}`));
  const { stderr } = await play(words, { ...importing({ problems }), tty: true });
  expect(stderr).toContain('m.csv: problem 0\n');
  expect(stderr).toContain('m.csv:49:3: problem 49\n');
  expect(stderr).not.toContain('problem 50\n');
  expect(stderr).toContain('… and 1,070 more (-o json lists all)\ngodwit: 1,120 problems; nothing was imported.\n');
});

test('in JSON everything is told, changes by name and problems with their places', async () => {
  const { stdout } = await play([...words, '-o', 'json', '--yes'], importing({ remarks: [finding(7, 'a remark')] }));
  expect(JSON.parse(stdout)).toEqual({
    problems: [],
    remarks: [{ file: 'm.csv', line: 7, column: 3, remark: 'a remark' }],
    changes,
    names: named,
    files: { mailboxes: { path: 'm.csv', rows: 10, sha256: 'ab' } },
    dryRun: false,
    changed: true,
    milliseconds: 0,
  });
  const problems = Array.from({ length: 120 }, (_, i) => finding(i + 2, `problem ${i}`));
  const wrong = await play([...words, '-o', 'json'], importing({ problems }));
  expect(wrong.code).toBe(2);
  const document = JSON.parse(wrong.stdout) as { readonly problems: readonly unknown[] };
  expect(document.problems).toHaveLength(120);
  expect(document.problems[0]).toEqual({ file: 'm.csv', line: 2, column: 3, problem: 'problem 0' });
  expect(document).toMatchObject({ names: [], changes: null, changed: false, error: { code: 'usage' } });
});

test('what breaks in the middle is told once, and the document is whole', async () => {
  const breaks = fault('database.away', { name: 'db', text: 'gone' });
  const { code, stdout, stderr } = await play([...words, '-o', 'json', '--yes'], importing({ breaks }));
  expect(code).toBe(5);
  expect(stderr).toContain('(database.away)');
  expect(JSON.parse(stdout)).toMatchObject({ changes, names: named, error: { code: 'database.away' } });
});

test('without a file there is nothing to import', async () => {
  const { code, stderr } = await play(['estate', 'import', '--yes'], importing({}));
  expect(code).toBe(2);
  expect(stderr).toContain('give --organisations, --mailboxes or --grants');
});

test('the database and the names of users are those of the programme where it has settings', async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'godwit-estate-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  fs.writeFileSync(join(folder, 'godwit.yaml'), '');
  const opened: ImporterOptions[] = [];
  const database = { kind: 'env', name: 'ESTATE_DB' } as const;
  const [source, target] = [{ user: '{local}' }, { user: null }];
  const made: MadeUp = {
    ...importing({ opened }),
    config: join(folder, 'godwit.yaml'),
    readEstate: (async () => ({ database, source, target })) as unknown as NonNullable<MadeUp['readEstate']>,
  };
  await play(words, made);
  await play([...words, '--state', '/else'], importing({ opened }));
  expect(opened.map(({ database: from, stateDir, users }) => [from, stateDir, users])).toEqual([
    [database, '/nowhere/state', { source: '{local}', target: null }],
    ['embedded', '/else', { source: null, target: null }],
  ]);
});
