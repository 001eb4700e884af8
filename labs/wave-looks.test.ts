/** Looks at the mailboxes of a wave on real servers: what will go wrong, told days before, and what did, found afterwards. */

import { windowFrom } from '#domain/window.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { openInspection } from '../src/app/inspection.ts';
import { readEstate } from '../src/app/read-estate.ts';
import { serve } from '../src/app/serve.ts';
import type { EstateInspection } from '../src/cli/world.ts';
import { silent } from '../src/lib/log.ts';
import type { CheckedMailbox } from '../src/operations/check-wave.ts';
import type { VerifiedMailbox } from '../src/operations/verify-wave.ts';
import { openAcceptances } from '../src/store/acceptance.ts';
import { type TestDatabase, testDatabase } from '../src/store/test-database.ts';
import { openWaves } from '../src/store/waves.ts';
import { plainMessages } from './awkward-mail.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { freshState, type Ran, startGodwit } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { appendBatch, seedAccount, type SeedMessage } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';
import { Wire } from './wire.ts';

/** On a machine with a lot of other work; on a quiet one it is seconds. */
const waitMaxMs = 90_000;
const hourMs = 3_600_000;

const dovecot = await labAvailable('dovecot');
skipAloud('looks at a wave', dovecot);

const environment: Readonly<Record<string, string>> = {
  PW: 'one for all',
  KEY: Buffer.alloc(32, 7).toString('base64'),
};
const user = (name: string, password = 'one for all') => ({ name: `${name}@corp.example`, password });

interface Place extends AsyncDisposable {
  readonly db: TestDatabase;
  readonly inspection: EstateInspection;
  /** Runs `./godwit` there, as an operator would. */
  run(...args: readonly string[]): Promise<Ran>;
  /** Serves until it is disposed of. */
  work(): AsyncDisposable;
}

/** An estate of `names`, all in the wave `pilot`, whose window opens after `opensInHours`. */
async function place(
  source: DovecotServer,
  target: DovecotServer,
  waves: Readonly<Record<string, { readonly opensInHours: number; readonly names: readonly string[] }>>,
  budget = '{}',
): Promise<Place> {
  await using ends = new AsyncDisposableStack();
  const state = ends.use(await freshState());
  const db = ends.use(await testDatabase());
  const file = join(state.path, 'godwit.yaml');
  const platform = ({ port }: DovecotServer): string =>
    `{ url: 'imap+plain://127.0.0.1:${port}', secret: env:PW, budget: ${budget} }`;
  await writeFile(
    file,
    [
      'database: env:DB',
      'listen: "off"',
      `source: ${platform(source)}`,
      `target: ${platform(target)}`,
      // Nothing looks at them but who is told to.
      'follow-every: 10h',
      'workers: { at-once: 4 }',
    ].join('\n'),
  );
  const settings = await readEstate(file);
  await sql`insert into organisation (code, name) values ('RXY', 'A ward')`.execute(db.sql);
  for (const [name, { opensInHours, names }] of Object.entries(waves)) {
    for (const each of names)
      await sql`
        insert into mailbox (address, kind, organisation, wave_hint)
        values (${user(each).name}, 'person', (select id from organisation), ${name})`.execute(db.sql);
    const opensAt = Date.now() + opensInHours * hourMs;
    const window = windowFrom(opensAt, opensAt + 8 * hourMs);
    const order = { name, selector: { hint: [name] }, limit: null, isPilot: false, errorBudget: 1, window };
    expect(await openWaves(db).create(order, 'a lab')).toMatchObject({ kind: 'created', mailboxes: names.length });
  }
  const known = { ...environment, DB: db.url };
  const lookUp = (name: string): string | undefined => (known as Readonly<Record<string, string>>)[name];
  const keys = [{ kind: 'env', name: 'KEY' }] as const;
  const common = { settings, stateDir: state.path, keys, log: silent };
  const signal = new AbortController().signal;
  const inspection = ends.use(await openInspection({ ...common, database: settings.database, signal }, 'lab', lookUp));
  const moved = ends.move();
  return {
    db,
    inspection,
    run: (...args) => startGodwit([...args, '--config', file, '--state', state.path], { ...known }).ended,
    work() {
      const stop = new AbortController();
      const started = (): void => undefined;
      const serving = serve({ ...common, version: 'lab', environment: lookUp, started }, stop.signal);
      serving.catch(() => undefined); // told where it is disposed of
      return {
        async [Symbol.asyncDispose]() {
          stop.abort();
          await serving;
        },
      };
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

const quiet = { begins: () => ({ planned() {}, progress() {}, folder() {}, ended() {} }) };

async function checked({ inspection }: Place, wave: string): Promise<Record<string, CheckedMailbox>> {
  const found = await inspection.find(wave);
  if (found.kind !== 'found') throw new Error('the wave is there');
  const order = { wave: found.wave, atOnce: 4, freshSeconds: 3_600, watcher: quiet };
  return await byName(inspection.check(order, new AbortController().signal));
}

async function verified({ inspection }: Place, wave: string): Promise<Record<string, VerifiedMailbox>> {
  const found = await inspection.find(wave);
  if (found.kind !== 'found') throw new Error('the wave is there');
  const order = { wave: found.wave, atOnce: 4, sample: null, watcher: quiet };
  return await byName(inspection.verify(order, new AbortController().signal));
}

async function byName<Item extends { readonly address: string }>(
  pages: AsyncIterable<readonly Item[]>,
): Promise<Record<string, Item>> {
  const found: Record<string, Item> = {};
  for await (const page of pages) for (const each of page) found[each.address.split('@')[0] as string] = each;
  return found;
}

async function until({ db }: Place, stage: string, count: number): Promise<void> {
  for (const since = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from mailbox where stage = ${stage} and queued_at is null`.execute(db.sql);
    if (rows[0]?.n === count) return;
    if (Date.now() - since < waitMaxMs) continue;
    const stand = await sql`select address, stage, mark, blocked, blocked_about from mailbox`.execute(db.sql);
    throw new Error(`not all are ${stage}: ${JSON.stringify(stand.rows)}`);
  }
}

async function untilChecked({ db }: Place, count: number): Promise<void> {
  for (const since = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const { rows } = await sql`select mailbox, remarks from readiness order by 1`.execute(db.sql);
    if (rows.length === count) return expect(rows).toEqual(rows.map((_, i) => ({ mailbox: i + 1, remarks: [] })));
    if (Date.now() - since > waitMaxMs) throw new Error(`not checked: ${JSON.stringify(rows)}`);
  }
}

function letter(name: string, octets: number): SeedMessage {
  const bytes = Buffer.from(`Message-ID: <${name}@lab.example>\r\nSubject: ${name}\r\n\r\n${'x'.repeat(octets)}\r\n`);
  return { name, bytes, internalDate: '01-Feb-2020 10:00:00 +0000' };
}

describe.runIf(dovecot.ok)('looks at the mailboxes of a wave', () => {
  test('tell days before who has no room, a letter too large, a wrong secret, or no mailbox, and nothing of who is ready', async () => {
    const names = ['ann', 'bob', 'cem', 'dot', 'eve', 'fay'];
    await using source = await startDovecot({ users: names.map((name) => user(name)) });
    await using target = await startDovecot({
      users: [...['ann', 'bob', 'cem', 'fay'].map((name) => user(name)), user('dot', 'another one')],
      extra: `
imap_capability = +APPENDLIMIT=100000
mail_plugins = $mail_plugins quota
protocol imap {
  mail_plugins = $mail_plugins imap_quota
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_grace = 0
  quota_rule = *:storage=250K
}`,
    });
    const many = (name: string, n: number) => Array.from({ length: n }, (_, i) => letter(`${name} ${i}`, 30_000));
    for (const name of names) await seedAccount(source, user(name), [{ path: ['INBOX'], messages: many(name, 2) }]);
    await seedAccount(source, user('bob'), [{ path: ['Films'], messages: many('film', 8) }]);
    await seedAccount(source, user('cem'), [{ path: ['Süd'], messages: [letter('large', 120_000)] }]);
    await seedAccount(source, user('fay'), [{ path: ['Süd', 'Ost'] }, { path: ['Süd', 'ost'] }]);
    // What was copied already needs no room any more.
    await seedAccount(target, user('ann'), [{ path: ['INBOX'], messages: many('ann', 2) }]);
    await using there = await place(source, target, { pilot: { opensInHours: 72, names } });

    const found = await checked(there, 'pilot');
    const kinds = (name: string) => found[name]?.remarks.map(({ kind }) => kind);
    expect(Object.fromEntries(names.map((name) => [name, kinds(name)]))).toEqual({
      ann: [],
      bob: ['no-room'],
      cem: ['too-large'],
      dot: ['target-sign-in'],
      eve: ['target-sign-in'],
      fay: ['folder-alike'],
    });
    expect(found['cem']?.remarks[0]?.says).toContain('1 of more than 100 kB; the largest is 120 kB (Süd, UID 1)');
    expect(Object.values(found).every(({ fault }) => fault === null)).toBe(true);

    // Who was ready is not looked at again, and who was not is.
    await source.doveadm(['expunge', '-u', user('bob').name, 'mailbox', 'Films', 'all']);
    const again = await checked(there, 'pilot');
    expect(again['ann']).toMatchObject({ isEarlier: true, remarks: [] });
    expect(again['bob']).toMatchObject({ isEarlier: false, remarks: [] });
    const kept = await sql<{ n: number }>`
      select count(*)::int as n from readiness where remarks @> '[{"weight": "trouble"}]'`.execute(there.db.sql);
    expect(kept.rows).toEqual([{ n: 3 }]);
    // Whoever looked is gone, with all that was held.
    expect(await connectionsHeld(there)).toBe(0);
  }, 200_000);

  test('find a letter that was removed from the target behind our back and one that was altered, and what a person accepts is told apart', async () => {
    const names = ['ann', 'bob', 'cem'];
    await using source = await startDovecot({ users: names.map((name) => user(name)) });
    await using target = await startDovecot({ users: names.map((name) => user(name)) });
    const letters = [...plainMessages(11, 12)];
    for (const name of names) await seedAccount(source, user(name), [{ path: ['INBOX'], messages: letters }]);
    await using there = await place(source, target, {
      later: { opensInHours: 72, names: ['ann', 'bob'] },
      now: { opensInHours: -1, names: ['cem'] },
    });
    {
      await using _work = there.work();
      for (const wave of ['later', 'now']) await openWaves(there.db).move(wave, 'start', 'a lab', null);
      await until(there, 'following', 2);
      await until(there, 'settled', 1);
      // Who is to switch in the days to come is looked at by itself.
      await untilChecked(there, 2);
    }
    expect(await verified(there, 'later')).toMatchObject({
      ann: { outcome: 'whole', equal: 12, open: 0, messagesRead: 24 },
      bob: { outcome: 'whole' },
    });

    await target.doveadm(['expunge', '-u', user('ann').name, 'mailbox', 'INBOX', 'uid', '3']);
    await altered(target, 'ann', letters, 5);
    // Which the next pass will carry, and is no loss.
    await seedAccount(source, user('bob'), [{ path: ['INBOX'], messages: plainMessages(12, 2) }]);
    await seedAccount(source, user('bob'), [{ path: ['Süd'], messages: plainMessages(13, 3) }]);
    // What people do after the switch is theirs.
    await target.doveadm(['expunge', '-u', user('cem').name, 'mailbox', 'INBOX', 'uid', '2']);
    await seedAccount(target, user('cem'), [{ path: ['INBOX'], messages: plainMessages(14, 4) }]);

    const found = await verified(there, 'later');
    expect(found['ann']).toMatchObject({ outcome: 'differs', open: 2, equal: 10 });
    expect(found['ann']?.findings.map(({ path, uid, kind, code }) => ({ path, uid, kind, code }))).toEqual([
      { path: 'INBOX', uid: 3, kind: 'missing', code: 'missing' },
      { path: 'INBOX', uid: 5, kind: 'different', code: 'content' },
    ]);
    expect(found['bob']).toMatchObject({ outcome: 'whole', behind: 5, open: 0 });
    expect(await verified(there, 'now')).toMatchObject({
      cem: { outcome: 'whole', side: 'target', removedSince: 1, extra: 4, open: 0 },
    });

    const { accept } = openAcceptances(there.db);
    const third = { kind: 'message', folders: ['INBOX'], uid: 3 } as const;
    expect(await accept(user('ann').name, third, 'operator max', 'a virus')).toMatchObject({ exceptions: 1 });
    expect((await verified(there, 'later'))['ann']).toMatchObject({ outcome: 'differs', open: 1, accepted: 1 });
    await accept(user('ann').name, { kind: 'all' }, 'operator max', 'ann knows');
    expect((await verified(there, 'later'))['ann']).toMatchObject({
      outcome: 'accepted',
      open: 0,
      accepted: 2,
      acceptedBy: ['operator max'],
    });
    const { code, stdout } = await there.run('verify', '--wave', 'later', '--sample', '0', '-o', 'json');
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { totals: { outcomes: { accepted: 1, whole: 1 }, messagesRead: 0 } },
    ]);
    const report = await there.run('report', 'wave', 'later', '-o', 'csv');
    expect(report.stdout.split('\r\n')[1]).toMatch(/^ann@corp.example,RXY,person,following,,,source,12,12,0,0,/);
    expect(await connectionsHeld(there)).toBe(0);
  }, 200_000);
});

/** Puts a letter in the place of one of those, with one octet of its body changed. */
async function altered(
  target: DovecotServer,
  name: string,
  letters: readonly SeedMessage[],
  uid: number,
): Promise<void> {
  const letter = letters[uid - 1] as SeedMessage;
  const bytes = Buffer.from(letter.bytes);
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] as number) ^ 1;
  await using wire = await Wire.signedIn(target.port, user(name));
  await appendBatch(wire, Buffer.from('INBOX'), [{ ...letter, bytes }]);
  await target.doveadm(['expunge', '-u', user(name).name, 'mailbox', 'INBOX', 'uid', String(uid)]);
}

async function connectionsHeld({ db }: Place): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from connection_lease`.execute(db.sql);
  return rows[0]?.n ?? -1;
}
