/** A wave of a few mailboxes, moved by the real engine from one Dovecot to another, for labs and benches of its certificates. */

import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { windowFrom } from '#domain/window.ts';
import { readEstate } from '../src/app/read-estate.ts';
import { serve } from '../src/app/serve.ts';
import { silent } from '../src/lib/log.ts';
import { type TestDatabase, testDatabase } from '../src/store/test-database.ts';
import { openWaves } from '../src/store/waves.ts';
import { waitMaxMs } from './at-work.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { freshState, type Ran, type Running, startGodwit } from './godwit.ts';
import type { LabUser } from './server.ts';
import { seedAccount, type SeedFolder } from './seed.ts';

export const password = 'one for all';
const hourMs = 3_600_000;

export interface CertifiedEstate extends AsyncDisposable {
  readonly db: TestDatabase;
  readonly target: DovecotServer;
  /** Of the target, as `--against` wants it. */
  url(user: LabUser): string;
  /** A folder of this lab. */
  readonly folder: string;
  readonly users: readonly LabUser[];
  /** Runs `./godwit` there, as an operator would. */
  run(...args: readonly string[]): Promise<Ran>;
  /** The same, for who does not wait for its end. */
  start(...args: readonly string[]): Running;
}

/** All of them are in the wave `pilot` and have settled. The target keeps one file for each message, so that one can be altered in place. */
export async function certifiedEstate(
  names: readonly string[],
  mail: (name: string) => readonly SeedFolder[],
): Promise<CertifiedEstate> {
  await using ends = new AsyncDisposableStack();
  const users = names.map((name) => ({ name: `${name}@corp.example`, password }));
  const source = ends.use(await startDovecot({ users }));
  const target = ends.use(await startDovecot({ users, storage: 'maildir', tls: true }));
  for (const [i, user] of users.entries()) await seedAccount(source, user, mail(names[i] as string));
  const state = ends.use(await freshState());
  const db = ends.use(await testDatabase());
  const file = join(state.path, 'godwit.yaml');
  const platform = ({ port }: DovecotServer): string => `{ url: 'imap+plain://127.0.0.1:${port}', secret: env:PW }`;
  await writeFile(
    file,
    [
      'database: env:DB',
      'listen: "off"',
      `source: ${platform(source)}`,
      `target: ${platform(target)}`,
      'follow-every: 10h',
      'workers: { at-once: 4 }',
    ].join('\n'),
  );
  const known: Readonly<Record<string, string>> = {
    PW: password,
    KEY: Buffer.alloc(32, 7).toString('base64'),
    DB: db.url,
  };
  const keys = [{ kind: 'env', name: 'KEY' }] as const;
  await populate(db, users);
  {
    const stop = new AbortController();
    const serving = serve(
      {
        settings: await readEstate(file),
        stateDir: state.path,
        keys,
        log: silent,
        version: 'lab',
        environment: (name: string) => known[name],
        started: () => undefined,
      },
      stop.signal,
    );
    serving.catch(() => undefined); // told below
    await openWaves(db).move('pilot', 'start', 'operator ann', 'a lab');
    await settled(db, users.length);
    stop.abort();
    await serving;
  }
  const start = (args: readonly string[]): Running => {
    const environment = { ...known, GODWIT_KEY: 'env:KEY' };
    return startGodwit([...args, '--config', file, '--state', state.path], environment, 600_000);
  };
  const moved = ends.move();
  return {
    db,
    target,
    users,
    folder: state.path,
    url: ({ name }) => `imaps://${encodeURIComponent(name)}@127.0.0.1:${target.tlsPort}`,
    run: (...args) => start(args).ended,
    start: (...args) => start(args),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

async function populate(db: TestDatabase, users: readonly LabUser[]): Promise<void> {
  await sql`insert into organisation (code, name) values ('RXY', 'A ward')`.execute(db.sql);
  for (const { name } of users)
    await sql`
      insert into mailbox (address, kind, organisation)
      values (${name}, 'person', (select id from organisation))`.execute(db.sql);
  const window = windowFrom(Date.now() - hourMs, Date.now() + 8 * hourMs);
  const order = { name: 'pilot', selector: {}, limit: null, isPilot: true, errorBudget: 1, window };
  await openWaves(db).create(order, 'operator ann');
}

async function settled(db: TestDatabase, count: number): Promise<void> {
  const patienceMs = waitMaxMs + 2_000 * count;
  for (const since = Date.now(); ; await sleep(100)) {
    const { rows } = await sql<{ stage: string; mark: string; n: number }>`
      select stage, mark, count(*)::int as n from mailbox where queued_at is null group by 1, 2`.execute(db.sql);
    if (rows.some(({ stage, n }) => stage === 'settled' && n === count)) return;
    if (Date.now() - since > patienceMs) throw new Error(`not all have settled: ${JSON.stringify(rows)}`);
  }
}

const script = join(import.meta.dirname, '..', 'docs', 'check-certificate.mjs');

export interface Said {
  readonly code: number;
  /** What it calls wrong, a line each. */
  readonly wrong: readonly string[];
  readonly text: string;
}

/** Runs docs/check-certificate.mjs, as a process of its own that knows nothing of us. */
export function runScript(args: readonly string[]): Promise<Said> {
  const env = { PATH: process.env['PATH'], PW: password };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { env }, (error, stdout, stderr) => {
      const wrong = stdout.split('\n').filter((line) => line.startsWith('WRONG'));
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, wrong, text: stdout + stderr });
    });
  });
}

/** Changes one octet of the body of a message in the INBOX, behind the server's back. */
export async function alterInPlace({ target }: CertifiedEstate, { name }: LabUser, uid: number): Promise<void> {
  const found = await target.doveadm(['fetch', '-u', name, 'guid', 'mailbox', 'INBOX', 'uid', String(uid)]);
  const guid = /guid: (\S+)/.exec(found)?.[1] ?? 'nowhere';
  const home = target.mailOf(name);
  const files = await readdir(home, { recursive: true });
  const path = files.find((each) => each.includes(guid));
  if (path === undefined) throw new Error(`no file of ${guid} among ${files.length}`);
  const octets = await readFile(join(home, path));
  octets[octets.length - 5] = (octets[octets.length - 5] as number) ^ 1;
  await writeFile(join(home, path), octets);
}
