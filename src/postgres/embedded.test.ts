import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openDatabase } from '#store/db.ts';
import { startUser } from './embedded.test-kit.ts';
import { startEmbedded } from './embedded.ts';

let scratch: string;
let folder: string;

/** Its data are made once, and copied into the folder of each test: that takes a tenth of the time. */
beforeAll(async () => {
  scratch = fs.mkdtempSync(join(tmpdir(), 'godwit-embedded-'));
  fs.chmodSync(scratch, 0o755);
  await (await startEmbedded(join(scratch, 'made'), {}, never))[Symbol.asyncDispose]();
}, 60_000);
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

beforeEach(({ task }) => {
  folder = fs.mkdtempSync(join(scratch, 'state-'));
  if (!/first start/.test(task.name)) execFileSync('cp', ['-a', `${join(scratch, 'made')}/.`, folder]);
  fs.chmodSync(folder, 0o755);
});
afterEach(() => {
  const pid = postmaster(folder);
  fs.rmSync(folder, { recursive: true, force: true });
  if (pid === null || !fs.existsSync(`/proc/${pid}`)) return;
  process.kill(pid, 'SIGKILL');
  throw new Error('a server was left behind');
});

const never = new AbortController().signal;
const isRoot = process.getuid?.() === 0;

describe('processes of ours on one state folder', () => {
  test('whose first start is at the same time share one server, which stops with the last of them', async () => {
    const [one, other] = [startUser(folder), startUser(folder)];
    const [came, alsoCame] = await Promise.all([one.came(), other.came()]);
    expect(came.url).toBe(alsoCame.url);
    expect(came.isOurs).toBe(!alsoCame.isOurs);
    await (came.isOurs ? one : other).leave();
    expect(await ask(came.url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
    await (came.isOurs ? other : one).leave();
    expect(postmaster(folder)).toBeNull();
    expect(fs.readdirSync(join(folder, 'postgres')).toSorted()).toEqual(['data', 'lock', 'log', 'run']);
  });

  test('find one that a killed process left behind, use it, and stop it', async () => {
    const killed = startUser(folder);
    await killed.came();
    const pid = postmaster(folder);
    await killed.kill();
    const next = startUser(folder);
    expect(await next.came()).toMatchObject({ isOurs: false });
    expect(postmaster(folder)).toBe(pid);
    await next.leave();
    expect(postmaster(folder)).toBeNull();
  });

  test('come in one after the other while others leave, and always find a server', async () => {
    for (let round = 0; round < 3; round++) {
      const leaving = startUser(folder);
      await leaving.came();
      const coming = startUser(folder);
      const [, { url }] = await Promise.all([leaving.leave(), coming.came()]);
      expect(await ask(url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
      await coming.leave();
    }
  });
});

describe('killed without warning', () => {
  test('with the process that writes, it has every row that was committed', async () => {
    for (let round = 1; round <= 3; round++) {
      const writer = startUser(folder);
      const { url } = await writer.came();
      if (round > 1) {
        const [{ rows }] = (await ask(url, 'select count(*)::int as rows from row')) as [{ rows: number }];
        expect(rows).toBeGreaterThanOrEqual(200);
        await ask(url, 'drop table row');
      }
      writer.write();
      await writer.hasCommitted(200);
      process.kill(postmaster(folder) as number, 'SIGKILL');
      await writer.kill();
      await using again = await startEmbedded(folder, {}, never);
      const rows = (await ask(again.url, 'select n from row')) as { n: number }[];
      const there = new Set(rows.map(({ n }) => n));
      expect(writer.committed.filter((n) => !there.has(n))).toEqual([]);
    }
    expect(log(folder)).toMatch(/was not properly shut down/);
  });

  test('by itself, it is started again under the same URL, with what it had', async () => {
    await using server = await startEmbedded(folder, {}, never);
    await ask(server.url, 'create table kept as select 1 as n');
    const pid = postmaster(folder) as number;
    process.kill(pid, 'SIGKILL');
    const rows = await eventually(() => ask(server.url, 'select n from kept'));
    expect(rows).toEqual([{ n: 1 }]);
    expect(postmaster(folder)).not.toBe(pid);
  });

  test('in the middle of its first start, nothing looks like a database, and the next start makes one', async () => {
    const cut = startUser(folder);
    await eventually(async () => fs.statSync(join(folder, 'postgres', 'data.new', 'base')));
    await cut.kill();
    expect(fs.existsSync(join(folder, 'postgres', 'data'))).toBe(false);
    await using server = await startEmbedded(folder, {}, never);
    expect(await ask(server.url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
  });
});

describe('one folder has one server', () => {
  test('also where the number in its postmaster.pid has gone to another process', async () => {
    await (await startEmbedded(folder, {}, never))[Symbol.asyncDispose]();
    fs.writeFileSync(join(folder, 'postgres/data/postmaster.pid'), `${process.pid}\n${folder}\n1\n5432\n\n\n\n`);
    await using server = await startEmbedded(folder, {}, never);
    expect(await ask(server.url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
  });

  test.runIf(isRoot)('also where another container cannot see its processes', async () => {
    await using _server = await startEmbedded(folder, {}, never);
    const elsewhere = ['--pid', '--ipc', '--fork', '--mount-proc'];
    const take = ['flock', '--nonblock', '--conflict-exit-code', '75', join(folder, 'postgres/lock'), 'true'];
    const { status } = spawnSync('unshare', [...elsewhere, ...take]);
    expect(status).toBe(75);
  });
});

test('stopped in good order, it starts without having to recover', async () => {
  for (let i = 0; i < 2; i++) {
    await using server = await startEmbedded(folder, {}, never);
    await ask(server.url, 'create table if not exists kept (n int)');
  }
  expect(log(folder)).not.toMatch(/not properly shut down|recovery/);
});

test('a first start that is given up leaves no process and no half of a database', async () => {
  const given = new AbortController();
  const start = startEmbedded(folder, {}, given.signal);
  await eventually(async () => fs.statSync(join(folder, 'postgres/data.new')));
  given.abort(new Error('given up'));
  await expect(start).rejects.toThrow('given up');
  expect(processesIn(folder)).toEqual([]);
  expect(fs.existsSync(join(folder, 'postgres/data'))).toBe(false);
});

describe('the state folder', () => {
  test('may have a path longer than that of a socket can be, and any letters', async () => {
    for (const name of ['x'.repeat(200), `a, "b" 'c' d:e ü %41`]) {
      await using server = await startEmbedded(join(folder, name), {}, never);
      expect(await ask(server.url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
    }
    for (const name of fs.readdirSync('/tmp').filter((each) => /^godwit-\d+-[0-9a-f]{16}$/.test(each)))
      if (fs.readdirSync(join('/tmp', name)).length === 0) fs.rmdirSync(join('/tmp', name));
  });

  test('that cannot be written is a fault, and says so', async () => {
    const file = join(folder, 'file');
    fs.writeFileSync(file, '');
    await expect(startEmbedded(file, {}, never)).rejects.toMatchObject({
      code: 'database.embedded.unusable',
      message: expect.stringContaining('ENOTDIR'),
    });
  });

  test.runIf(isRoot)('without room is a fault, and says so', async () => {
    const small = ['unshare', '--mount', 'sh', '-c', `mount -t tmpfs -o size=20m none '${folder}' && exec "$@"`, 'sh'];
    await using user = startUser(folder, { through: small });
    expect(await user.fault()).toMatch(/^database\.embedded\.unusable: .*No space left on device/);
  });
});

describe('on a port', () => {
  const port = 20_000 + (process.pid % 10_000);
  const password = 'a "word" of $1 ours\\';

  test('it is there for who has the password, which stands nowhere', async () => {
    await using user = startUser(folder, { port, environment: { EMBEDDED_PASSWORD: password } });
    const { url } = await user.came();
    expect(await ask(url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
    expect(await ask(byPort(port, password), 'select 1 as answer')).toEqual([{ answer: 1 }]);
    await expect(ask(byPort(port, 'another'), 'select 1')).rejects.toMatchObject({ code: '28P01' });
    const without = openDatabase({ url: byPort(port, ''), connectionsMax: 1, applicationName: 'godwit tests' });
    await expect(without).rejects.toThrow(/does not let us in: it asks for a password, and the URL has none/);
    // Also when the server writes down every word that is said to it.
    await ask(url, `alter system set log_statement = 'all'`);
    await ask(url, 'select pg_reload_conf()');
    await using other = startUser(folder, { port, environment: { EMBEDDED_PASSWORD: password } });
    await other.came();
    expect(log(folder)).toContain('alter role');
    // grep(1): 1 where there is no such line.
    expect(spawnSync('grep', ['-raF', password, join(folder, 'postgres')]).status).toBe(1);
    expect(
      processesIn(folder)
        .map((pid) => fs.readFileSync(`/proc/${pid}/environ`, 'utf8'))
        .join(),
    ).not.toContain(password);
    expect(
      processesIn(folder)
        .map((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
        .join(),
    ).not.toContain(password);
  });

  test('it is there again after it was killed, though somebody else starts it who did not ask for one', async () => {
    await using user = startUser(folder, { port, environment: { EMBEDDED_PASSWORD: password } });
    await user.came();
    await using server = await startEmbedded(folder, {}, never);
    const pid = postmaster(folder) as number;
    // Whoever asked for it is gone at the same time.
    await user.kill();
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => ask(byPort(port, password), 'select 1'), { timeout: 30_000, interval: 100 });
    expect(await ask(server.url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
    expect(postmaster(folder)).not.toBe(pid);
  });

  test('that somebody else has is a fault, and says so', async () => {
    const taken = net.createServer().listen(port, '127.0.0.1');
    await once(taken, 'listening');
    await expect(startEmbedded(folder, { listen: { port, password } }, never)).rejects.toMatchObject({
      code: 'database.embedded.unusable',
      message: expect.stringContaining('Address already in use'),
    });
    taken.close();
  });

  test('one without it is started again with it where nobody uses it, and is a fault where somebody does', async () => {
    const killed = startUser(folder);
    await killed.came();
    await killed.kill();
    {
      await using _server = await startEmbedded(folder, { listen: { port, password } }, never);
      expect(await ask(byPort(port, password), 'select 1 as answer')).toEqual([{ answer: 1 }]);
    }
    await using _without = await startEmbedded(folder, {}, never);
    await expect(ask(byPort(port, password), 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(startEmbedded(folder, { listen: { port, password } }, never)).rejects.toMatchObject({
      code: 'database.embedded.unusable',
      message: expect.stringContaining(`${port}`),
    });
  });
});

describe.runIf(isRoot)('whoever we are', () => {
  test('an ordinary user, and one without a name', async () => {
    const other = 54_321;
    const own = join(folder, 'own');
    fs.mkdirSync(own);
    fs.chownSync(own, other, other);
    const as = ['setpriv', `--reuid=${other}`, `--regid=${other}`, '--clear-groups'];
    await using user = startUser(own, { through: as });
    const { url } = await user.came();
    // Root may go in where others may not.
    expect(await ask(url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
    expect(fs.statSync(join(own, 'postgres/data')).uid).toBe(other);
    expect(fs.statSync(join(own, 'postgres/run')).mode & 0o777).toBe(0o700);
  });

  test('root where there are no user namespaces', async () => {
    const programs = join(folder, 'bin');
    fs.mkdirSync(programs);
    for (const name of ['sh', 'setpriv', 'flock', 'rm', 'mv', 'ln', 'true'])
      fs.symlinkSync(execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(programs, name));
    fs.mkdirSync(join(folder, 'closed'), { mode: 0o700 });
    await using user = startUser(join(folder, 'closed'), { environment: { PATH: programs } });
    const { url } = await user.came();
    expect(await ask(url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
    expect(fs.statSync(join(folder, 'closed/postgres/data')).uid).toBe(65_534);
  });

  test('in another network namespace, through the socket', async () => {
    await using server = await startEmbedded(folder, {}, never);
    await using user = startUser(folder, { through: ['unshare', '--net'] });
    expect(await user.came()).toEqual({ url: server.url, isOurs: false });
  });
});

async function ask(url: string, question: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(question)).rows;
  } finally {
    await client.end();
  }
}

function byPort(port: number, password: string): string {
  return `postgresql://godwit:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
}

/** The answer as soon as there is one; Vitest ends what waits for ever. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      await sleep(5);
    }
  }
}

/** The process that its data name, or null. */
function postmaster(state: string): number | null {
  try {
    return Number(fs.readFileSync(join(state, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
  } catch {
    return null;
  }
}

function processesIn(state: string): readonly string[] {
  return fs.readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && fs.readlinkSync(`/proc/${pid}/cwd`).startsWith(state);
    } catch {
      return false; // it has ended
    }
  });
}

function log(state: string): string {
  return fs.readFileSync(join(state, 'postgres/log'), 'utf8');
}
