/**
 * Nothing secret is shown by those who move an estate: a control plane and a worker that came by the network, at their most
 * talkative, while all goes well and while it does not. Whatever they say, answer and write into the database is looked through.
 */

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { ringOf } from '../src/app/keyring.test-kit.ts';
import { rootKeyOf } from '../src/app/root-key.ts';
import { sealingKey } from '../src/domain/sealed.ts';
import { silent } from '../src/lib/log.ts';
import type { Database } from '../src/store/db.ts';
import { type AtWork, eventually, goToWork } from './at-work.ts';
import { plainMessages } from './awkward-mail.ts';
import { startDovecot } from './dovecot.ts';
import { countOf, openEmbedded, populate, startPilot } from './embedded-estate.ts';
import { freshState, startGodwit } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import { freePort } from './server.ts';
import { skipAloud } from './skip-aloud.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('secrets of an estate', dovecot);

const users = ['ann', 'ben', 'cyd', 'dan'].map((name) => ({
  name: `${name}@corp.example`,
  password: 'canary-5e1f-of-the-target',
}));
const mover = { name: 'mover', password: 'canary"5e1f\\of the source' };
const ofTheDatabase = 'canary-5e1f-of+the/database';
const ofTheKey = randomBytes(32).toString('hex');

describe.runIf(dovecot.ok)('whatever is said at trace level by those who move an estate', () => {
  test('no secret is in it: not those of the platforms, of the database, of the secrets, or of the digests', async () => {
    await using source = await startDovecot({ users, master: mover });
    await using target = await startDovecot({ users });
    await using here = await freshState();
    await using there = await freshState();
    for (const user of users) await seedAccount(source, user, [{ path: ['INBOX'], messages: plainMessages(1, 3) }]);
    const config = join(here.path, 'godwit.yaml');
    const port = await freePort();
    await writeFile(
      config,
      [
        `embedded: { port: ${port}, password: env:PG }`,
        `source: { url: 'imap+plain://127.0.0.1:${source.port}', admin: mover, admin-style: 'user*master', secret: sealed:mover }`,
        `target: { url: 'imap+plain://127.0.0.1:${target.port}', secret: env:TARGET }`,
        'follow-every: 1s',
        'workers: { at-once: 1 }',
      ].join('\n'),
    );
    const talkative = ['--log-level', 'trace', '--log-format', 'json'];
    const keys = { GODWIT_KEY: 'env:SEAL', SEAL: ofTheKey };
    const shown: string[] = [];
    const run = async (
      args: readonly string[],
      environment: Readonly<Record<string, string>>,
      typed = '',
    ): Promise<number> => {
      const piped = ['sh', '-c', 'printf "%s\\n" "$TYPED" | "$0" "$@"'];
      const ran = await startGodwit([...args, ...talkative], { ...environment, TYPED: typed }, 100_000, piped).ended;
      shown.push(ran.stdout, ran.stderr);
      return ran.code ?? -1;
    };
    const ours = ['--config', config, '--state', here.path];
    expect(await run(['secret', 'set', 'mover', ...ours], keys, mover.password)).toBe(0);

    await using serve = goToWork(['serve', ...ours, ...talkative], {
      ...keys,
      PG: ofTheDatabase,
      TARGET: users[0]?.password ?? '',
    });
    await eventually('it is ready', async () => (await serve.ask('/readyz')).status === 200, serve.said);
    const byPort = (password: string): string =>
      `postgresql://godwit:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
    const elsewhere = { ...keys, DATABASE_URL: byPort(ofTheDatabase), TARGET: users[0]?.password ?? '' };
    await using worker = goToWork(['worker', '--state', there.path, ...talkative], elsewhere);
    await using db = await openEmbedded(here.path);
    await populate(db, users);
    await startPilot(db, users.length);
    for (const process of [serve, worker])
      await eventually('it has signed in', async () => process.said().includes('LOGIN ***'), process.said);
    await eventually('all have switched', async () => (await countOf(db, 'settled')) === users.length, serve.said);

    // And when things are wrong: the password of the database, the key of the secrets, the secret of a platform.
    const worker2 = ['worker', '--state', there.path, '--listen', 'off'];
    expect(await run(worker2, { ...elsewhere, DATABASE_URL: byPort(`${ofTheDatabase}?`) })).toBe(5);
    expect(
      await run(worker2, { ...elsewhere, DATABASE_URL: `postgresql:/godwit:${ofTheDatabase}@127.0.0.1` }),
    ).not.toBe(0);
    expect(await run(worker2, { ...elsewhere, SEAL: 'ab'.repeat(32) })).toBe(2);
    expect(await run(worker2, { ...elsewhere, GODWIT_KEY: ofTheKey })).toBe(2);
    await using lacking = goToWork(['worker', '--state', there.path, ...talkative], { ...elsewhere, TARGET: '' });
    await eventually('it says what it lacks', async () => /env:TARGET/.test(lacking.said()), lacking.said);
    await eventually('it is not ready', async () => /secrets are lacking/.test((await lacking.ask('/readyz')).text));
    await using mistaken = goToWork(['worker', '--state', there.path, ...talkative], {
      ...elsewhere,
      TARGET: 'canary-5e1f-that-is-wrong',
    });
    await eventually(
      'it was refused',
      async () => /sign-in\.refused|AUTHENTICATIONFAILED/.test(mistaken.said()),
      mistaken.said,
    );

    const everybody = [serve, worker, lacking, mistaken];
    for (const process of everybody) shown.push(await facesOf(process));
    for (const { child } of everybody) child.kill('SIGTERM');
    await Promise.all(everybody.map(({ ended }) => ended));
    for (const { said } of everybody) shown.push(said());
    shown.push(await writtenIn(db), await readFile(join(here.path, 'postgres', 'log'), 'latin1'));
    const digests = await rootKeyOf({
      db,
      stateDir: there.path,
      keys: ringOf(sealingKey(Buffer.from(ofTheKey, 'hex'))),
      mayMake: false,
      log: silent,
    });
    const all = shown.join('\n');
    // It was a talkative run of everybody, and the right things were looked through.
    for (const word of ['LOGIN ***', 'AUTHENTICATIONFAILED', 'godwit_ready', 'sealed', 'env:TARGET', 'pilot'])
      expect({ word, isThere: all.includes(word) }).toEqual({ word, isThere: true });
    for (const secret of [
      ofTheDatabase,
      mover.password,
      users[0]?.password ?? '',
      'canary-5e1f-that-is-wrong',
      ofTheKey,
    ])
      expectNot(all, Buffer.from(secret));
    expectNot(all, Buffer.from(ofTheKey, 'hex'));
    expectNot(all, Buffer.from(digests));
    expect(/canary.{0,3}5e1f/.exec(all.replaceAll('\\', ''))?.[0]).toBeUndefined();
  }, 300_000);
});

/** What it answers by HTTP, and what others on the machine see of its process. */
async function facesOf({ ask, pid }: AtWork): Promise<string> {
  const answers = await Promise.all(['/metrics', '/readyz', '/healthz', '/nothing'].map((path) => ask(path)));
  const process = await Promise.all(['cmdline', 'comm'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')));
  return [...answers.map(({ text }) => text), ...process].join('\n');
}

/** Whatever of the database people look at: journeys, the audit log, who is at work, settings, platforms, jobs. */
async function writtenIn(db: Database): Promise<string> {
  const { rows } = await sql<{ text: string }>`
    select m::text from mailbox m union all select a::text from audit a union all select w::text from worker w
    union all select p::text from programme p union all select g::text from governor g
    union all select query from pg_stat_activity`.execute(db.sql);
  return rows.map(({ text }) => text).join('\n');
}

/** As it is, in hexadecimal digits, percent-encoded, and in base64 in the three ways in which it can be cut. */
function expectNot(text: string, secret: Buffer): void {
  const shapes = [
    secret.toString('latin1'),
    secret.toString('hex'),
    encodeURIComponent(secret.toString('latin1')),
    ...[0, 1, 2].flatMap((shift) =>
      (['base64', 'base64url'] as const).map((as) => secret.subarray(shift).toString(as).slice(0, 24)),
    ),
  ];
  expect(shapes.filter((shape) => text.includes(shape))).toEqual([]);
}
