/** What people order of an estate at the command line, as it is obeyed by a real database. */

import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Played, play } from '#cli/made-up-world.ts';
import { hourMs, people, recorded, standAt, standing } from '#store/estate.test-kit.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { AuditKeeper } from './audit-keeping.ts';
import { openProgramme } from './programme.ts';
import { silent } from '#lib/log.ts';

type Say = (...words: readonly string[]) => Promise<Played>;

/** Plays command lines against that database; its state folder is empty at first. */
async function at(url: string): Promise<{ readonly say: Say; readonly stateDir: string }> {
  const stateDir = await mkdtemp(join(tmpdir(), 'godwit-state-'));
  onTestFinished(() => rm(stateDir, { recursive: true }));
  const environment = (name: string) => (name === 'DATABASE_URL' ? url : undefined);
  const made = {
    config: '/nowhere/godwit.yaml',
    openProgramme: (options: Parameters<typeof openProgramme>[0]) => openProgramme(options, environment),
  };
  return { stateDir, say: (...words) => play([...words, '--state', stateDir], made) };
}

async function estate(db: TestDatabase, ...names: readonly string[]): Promise<Say> {
  await people(db.sql, names);
  return (await at(db.url)).say;
}

/** `2026-12-01T19:00/…`, as it is typed, so many hours from now and so many long. */
function windowIn(hours: number, long = 2): string {
  const minute = (ms: number) => new Date(ms).toISOString().slice(0, 16);
  return `${minute(Date.now() + hours * hourMs)}/${minute(Date.now() + (hours + long) * hourMs)}`;
}

describe('a wave', () => {
  test('is made, started, rescheduled under either name, and cancelled, and says each time how it stands', async () => {
    await using db = await testDatabase();
    const say = await estate(db, 'ann', 'bob');
    const made = await say('wave', 'create', 'pilot', '--window', windowIn(24));
    expect(made.stdout).toMatch(/^pilot: 2 mailboxes, .*\nBegin with: godwit wave start pilot\n$/);
    expect((await say('wave', 'start', 'pilot')).stdout).toMatch(/^pilot is running, /);
    const moved = await say('wave', 'move', 'pilot', '--window', windowIn(48, 3), '--why', 'snow');
    expect(moved.stdout).toMatch(/^pilot is running, .* for 3:00:00 h\.\n$/);
    expect((await say('wave', 'reschedule', 'pilot', '--window', windowIn(24))).code).toBe(0);
    expect((await say('wave', 'cancel', 'pilot')).stdout).toMatch(/^pilot is cancelled/);
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'known', wave: null });
    const late = await say('wave', 'reschedule', 'pilot', '--window', windowIn(24));
    expect([late.code, late.stderr]).toEqual([
      2,
      'godwit: The wave pilot is cancelled; it cannot be given another window.\n',
    ]);
  });

  test('with a window that is over is refused, and one that overlaps another says so, everywhere it is shown', async () => {
    await using db = await testDatabase();
    const say = await estate(db, 'ann', 'bob');
    const over = await say('wave', 'create', 'pilot', '--window', windowIn(-24));
    expect([over.code, over.stderr]).toEqual([
      2,
      expect.stringMatching(/^godwit: This window is over: 20.*Z for 2:00:00 h\.\n$/),
    ]);
    await say('wave', 'create', 'pilot', '--window', windowIn(24), '--limit', '1');
    const second = await say('wave', 'create', 'second', '--window', windowIn(25));
    expect(second.stdout).toContain('\nIts window overlaps that of pilot: they share what the platforms give.\n');
    for (const words of [['status'], ['wave', 'list']])
      expect((await say(...words)).stdout).toContain('pilot: Its window overlaps that of second: ');
    expect(JSON.parse((await say('wave', 'list', '-o', 'json')).stdout)).toMatchObject({
      waves: [{}, { remarks: ['Its window overlaps that of pilot: they share what the platforms give.'] }],
    });
    await sql`update wave set opens_at = now() - interval '2 hours', closes_at = now() where name = 'pilot'`.execute(
      db.sql,
    );
    const late = await say('wave', 'start', 'pilot');
    expect([late.code, late.stderr]).toEqual([2, expect.stringContaining('godwit wave reschedule pilot --window')]);
    expect((await say('status')).stdout).toContain('pilot: Its window has closed, and 1 mailbox did not make it.');
  });

  test('that paused by itself says why in its own line', async () => {
    await using db = await testDatabase();
    const say = await estate(db, 'ann');
    await say('wave', 'create', 'pilot', '--window', windowIn(24));
    await sql`update wave set state = 'paused', paused_why = '23 of the 400 have failed'`.execute(db.sql);
    expect((await say('status')).stdout).toContain('\npilot is paused: 23 of the 400 have failed\n');
  });

  test('goes back and is released for a reason only, and is released by a yes only', async () => {
    await using db = await testDatabase();
    const say = await estate(db, 'ann', 'bob', 'cat');
    await say('wave', 'create', 'pilot', '--window', windowIn(1));
    await say('wave', 'start', 'pilot');
    for (const mailbox of [1, 2, 3]) await standAt(db.sql, mailbox, 'settled', 1);
    for (const verb of ['go-back', 'release']) expect((await say('wave', verb, 'pilot')).code).toBe(2);
    const running = await say('wave', 'release', 'pilot', '--why', 'done');
    expect(running.stderr).toBe(
      'godwit: The wave pilot is running: pause it, or wait until it has finished, and release it then.\n',
    );
    await sql`update mailbox set excluded = 'left' where id = 3`.execute(db.sql);
    await say('wave', 'pause', 'pilot');
    const tried = await say('wave', 'release', 'pilot', '--why', 'done');
    expect(tried.stdout).toContain('the way back of 2 mailboxes would end.');
    expect(tried.stdout).toContain(
      'Left where they are: 1 excluded.\nNothing was changed. Add --yes to release them.\n',
    );
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'settled' });
    await standAt(db.sql, 2, 'copying', 1);
    expect((await say('wave', 'release', 'pilot', '--why', 'done', '--yes')).stdout).toContain(
      'of 1 mailbox has ended',
    );
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'released' });
    await standAt(db.sql, 2, 'settled', 1);
    const back = await say('wave', 'go-back', 'pilot', '--why', 'calendars');
    expect(back.stdout).toMatch(/^pilot: 1 mailbox goes back\./);
    expect((await say('wave', 'go-back', 'pilt', '--why', 'x')).stderr).toBe(
      'godwit: There is no wave pilt; did you mean pilot?\n',
    );
  });
});

describe('an order to mailboxes', () => {
  test('goes to one, to several, or to all that are selected', async () => {
    await using db = await testDatabase();
    const say = await estate(db, 'ann', 'bob', 'cat');
    expect((await say('mailbox', 'hold', 'ann@x.example', '--why', 'on call')).stdout).toBe('ann@x.example: hold.\n');
    const two = await say('mailbox', 'hold', 'bob@x.example', 'CAT@x.example', '-o', 'json');
    expect(JSON.parse(two.stdout)).toEqual({ order: 'hold', done: ['bob@x.example', 'cat@x.example'], refused: [] });
    const all = await say('mailbox', 'release', '--select', 'mark=held address=*@x.example');
    expect(all.stdout).toBe('3 mailboxes: release.\n');
    expect(await recorded(db.sql, 1)).toEqual([
      expect.stringMatching(/^operator .* hold on call$/),
      expect.stringMatching(/release$/),
    ]);
  });

  test('names those who do not obey, and why; where nobody does it is wrong usage', async () => {
    await using db = await testDatabase();
    const say = await estate(db, 'ann', 'bob');
    await say('mailbox', 'hold', 'ann@x.example');
    const some = await say('mailbox', 'release', 'ann@x.example', 'bob@x.example');
    expect([some.code, some.stdout]).toEqual([
      3,
      'ann@x.example: release.\nbob@x.example is neither held nor excluded.\n',
    ]);
    const none = await say('mailbox', 'go-back', 'bob@x.example');
    expect([none.code, none.stderr]).toEqual([
      2,
      'godwit: bob@x.example is known: only who has settled on the target can go back.\n',
    ]);
  });

  test.each([
    [['retry'], 'Whose mailbox? Give one or several addresses, or --select.'],
    [['retry', 'ann@x.example', '--select', 'mark=blocked'], 'Give addresses or --select, and not both.'],
    [['exclude', '--select', ' '], "--select wants to know whom: 'wave=pilot mark=blocked'."],
    [['hold', '--select', 'mark=blocked'], 'Nobody is meant (godwit get mailboxes --select …).'],
    [['hold', '--select', 'wave=pilot'], 'wave=pilot: there is no such wave.'],
    [['hold', '--select', 'mar=held'], '"mar=held" selects nothing: write key=value; did you mean mark=…?'],
    [['hold', 'nobody@x.example'], 'There is no mailbox nobody@x.example in this estate. Nothing was done.'],
    [['hold', 'ann@x.example', 'x', 'y'], 'There is no mailbox x in this estate, nor y. Nothing was done.'],
  ])('mailbox %j is refused: %s', async (words, says) => {
    await using db = await testDatabase();
    const say = await estate(db, 'ann');
    const { code, stderr } = await say('mailbox', ...words);
    expect([code, stderr]).toEqual([2, `godwit: ${says}\n`]);
    expect(await recorded(db.sql, 1)).toEqual([]);
  });
});

test('godwit audit verify says that the log is as it was written, and with which exit code that it is not', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann']);
  const { say, stateDir } = await at(db.url);
  await say('mailbox', 'hold', 'ann@x.example');
  const before = await say('audit', 'verify');
  expect(before.stdout).toContain(
    'as it was written: 0 records, and 1 record not yet in the chain.\nNo head of it is kept',
  );
  await new AuditKeeper(db, stateDir, silent).keep();
  expect((await say('audit', 'verify')).stdout).toMatch(
    /: 1 record\.\nIts head is the one that was kept.*: link 1, [0-9a-f]{64}\.\n$/,
  );
  await sql`drop trigger audit_kept on audit`.execute(db.sql);
  await sql`update audit set who = 'operator eve'`.execute(db.sql);
  const after = await say('audit', 'verify', '-o', 'json');
  expect([after.code, JSON.parse(after.stdout)]).toMatchObject([3, { intact: false, what: 'record 1 was changed' }]);
});

describe('where DATABASE_URL leads to', () => {
  const complaint = async (url: string) => {
    const { code, stderr } = await (await at(url)).say('status');
    return [code, stderr.replace(url, '…')] as const;
  };

  test('no database of this Godwit, it is told what to do, and nothing of a password', async () => {
    await using bare = await testDatabase({ bare: true });
    expect(await complaint(bare.url)).toEqual([
      5,
      expect.stringMatching(/lacks \d+ migrations of this version.*godwit db migrate/s),
    ]);
    await using newer = await testDatabase();
    await sql`insert into migration (name, checksum) values ('9999-later', 'x')`.execute(newer.sql);
    expect(await complaint(newer.url)).toEqual([5, expect.stringContaining('prepared by a newer Godwit')]);
  });

  test('nothing at all, or to something else, it is told which', async () => {
    const server = net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as net.AddressInfo;
    const [code, text] = await complaint(`postgresql://ann:geheim@127.0.0.1:${port}/godwit?sslmode=disable`);
    expect([code, text]).toEqual([expect.any(Number), expect.stringMatching(/^godwit: .*127\.0\.0\.1/)]);
    expect(text).not.toContain('geheim');
    const [nobody, away] = await complaint('postgresql://ann:geheim@127.0.0.1:1/godwit');
    expect([nobody, away]).toEqual([5, expect.stringContaining('does not answer')]);
    expect(await complaint('mysql://ann@127.0.0.1/godwit')).toEqual([
      5,
      expect.stringContaining('The URL of the database cannot be used'),
    ]);
  });
});
