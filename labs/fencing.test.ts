/**
 * A worker that is stopped for longer than its lease lasts (SIGSTOP: a machine that was suspended, a host that swaps) and comes
 * back in the middle of a batch. Somebody else has its mailbox by then, has looked at the target and has sent what was not there.
 */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { VerifyReport } from '../src/domain/verify-report.ts';
import { Chance } from '../src/lib/chance.ts';
import type { Database } from '../src/store/db.ts';
import { plainMessages } from './awkward-mail.ts';
import { environment, planWave, startDatabase, usersOf, writeSettings } from './chaos-estate.ts';
import { KeptProcess } from './chaos-processes.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { freshState, startGodwit, urlOf } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount, type SeedMessage } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';
import { startProxy } from './tcp-proxy.ts';
import { startWeather } from './weather.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('workers that come back from the dead', dovecot);

const users = usersOf(1);
const [user = { name: '', password: '' }] = users;
/** On a machine with a lot of other work. */
const waitMaxMs = 90_000;

// Both wait for leases most of the time.
describe.runIf(dovecot.ok).concurrent('a worker that comes back from the dead', () => {
  test('in the middle of a message of 20 MB finishes nothing: another has sent it, and it is there once', async () => {
    await using source = await startDovecot({ users });
    await using target = await startDovecot({ users });
    await seedAccount(source, user, [{ path: ['INBOX'], messages: [largeMessage(20_000_000)] }]);
    // What has gone to the target decides when it is stopped, at that very octet as far as this machine lets us.
    let gone = 0;
    let strike: (() => void) | null = null;
    await using between = await startProxy(target, {
      toServer: (chunk) => {
        gone += chunk.length;
        if (gone > 5_000_000) strike?.();
        return chunk;
      },
    });
    await using estate = await twoWorkers(source.port, between.port);
    const stopped = new Promise<void>((resolve) => {
      strike = () => {
        strike = null;
        estate.first.signal('SIGSTOP');
        resolve();
      };
    });
    estate.first.start();
    await stopped;
    expect(await messagesOn(target)).toBe(0);
    estate.second.start();
    await estate.until('following');
    expect(await messagesOn(target)).toBe(1);
    estate.first.signal('SIGCONT');
    await estate.untilItBeginsAnew();
    await estate.untilItWasFollowed();
    expect(await differences(source, target)).toEqual([]);
  }, 200_000);

  test('whose batch was on the way for longer than its lease stores it once more, and that is found and named', async () => {
    await using source = await startDovecot({ users });
    await using target = await startDovecot({ users });
    await seedAccount(source, user, [{ path: ['Projekte', 'Süd'], messages: plainMessages(7, 5) }]);
    await using network = await startWeather(target, null, new Chance(1));
    await using estate = await twoWorkers(source.port, network.port);
    const late = network.holdNext('APPEND');
    estate.first.start();
    await late.whole;
    estate.first.signal('SIGSTOP');
    estate.second.start();
    await estate.until('following');
    expect(await differences(source, target)).toEqual([]);
    // No lease and no lock can call back what has left: a network has delivered it late.
    late.release();
    await until(async () => (await messagesOn(target)) === 10);
    estate.first.signal('SIGCONT');
    await estate.untilItBeginsAnew();
    await estate.untilItWasFollowed();
    const ends = [source, target].map(({ port }) => urlOf({ port, user }));
    const secrets = ['--source-secret', 'env:PW', '--target-secret', 'env:PW'];
    const ran = await startGodwit(['verify', ...ends, ...secrets, '-o', 'json'], environment).ended;
    const { mailboxes } = JSON.parse(ran.stdout) as { readonly mailboxes: readonly VerifyReport[] };
    const named = mailboxes.flatMap(({ extra }) => extra.map(({ folder, messageId }) => `${folder} ${messageId}`));
    expect(mailboxes).toMatchObject([{ verdict: 'more-on-target', missing: [], different: [] }]);
    expect(new Set(named).size).toBe(5);
  }, 200_000);
});

interface TwoWorkers extends AsyncDisposable {
  /** Not started yet. */
  readonly first: KeptProcess;
  readonly second: KeptProcess;
  until(stage: string): Promise<void>;
  /** Until the first is a worker again, under a new name. */
  untilItBeginsAnew(): Promise<void>;
  /** Until a pass has ended that began after this. */
  untilItWasFollowed(): Promise<void>;
}

async function twoWorkers(sourcePort: number, targetPort: number): Promise<TwoWorkers> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await freshState());
  const state = stack.use(await freshState());
  const { db, url } = stack.use(await startDatabase(folder.path));
  await planWave(db, users);
  const config = await writeSettings(state.path, { source: sourcePort, target: targetPort }, 2);
  const args = ['serve', '-q', '--config', config, '--state', state.path, '--log-level', 'info'];
  const start = (name: string): KeptProcess =>
    stack.use(new KeptProcess(name, args, { ...environment, DATABASE_URL: url }, [], false));
  const [first, second] = [start('first'), start('second')];
  return {
    first,
    second,
    until: (stage) => until(async () => (await standing(db)).stage === stage, `${first.said}\n${second.said}`),
    async untilItBeginsAnew() {
      const { rows } = await sql<{ id: string }>`select id from worker`.execute(db.sql);
      const before = rows.map(({ id }) => id);
      await until(async () => {
        const { rows: now } = await sql<{ id: string }>`
          select id from worker where pid = ${first.pid} and not (id = any(${before}::uuid[]))`.execute(db.sql);
        return now.length > 0;
      }, first.said);
    },
    async untilItWasFollowed() {
      const since = (await standing(db)).now;
      // One that was under way may have begun before.
      for (let pass = 0, last = since; pass < 2; pass++) {
        await until(async () => ((await standing(db)).caughtUp ?? 0) > last);
        last = (await standing(db)).caughtUp ?? 0;
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function standing(
  db: Database,
): Promise<{ readonly stage: string; readonly caughtUp: number | null; readonly now: number }> {
  const { rows } = await sql<{ stage: string; caughtUp: number | null; now: number }>`
    select stage, (extract(epoch from caught_up_at) * 1000)::int8 as "caughtUp",
           (extract(epoch from now()) * 1000)::int8 as now from mailbox`.execute(db.sql);
  return rows[0] as { stage: string; caughtUp: number | null; now: number };
}

async function until(isSo: () => Promise<boolean>, said = ''): Promise<void> {
  for (const since = Date.now(); !(await isSo()); await new Promise((resolve) => setTimeout(resolve, 100)))
    if (Date.now() - since > waitMaxMs) throw new Error(`it does not come to that: ${said}`);
}

async function messagesOn(server: DovecotServer): Promise<number> {
  const { folders } = await accountSeen(server, user);
  return [...folders.values()].reduce((sum, { messages }) => sum + messages.length, 0);
}

async function differences(source: DovecotServer, target: DovecotServer): Promise<readonly string[]> {
  return differencesOf(compareAccounts(await accountSeen(source, user), await accountSeen(target, user)));
}

function largeMessage(octets: number): SeedMessage {
  const line = `${'all work and no play '.repeat(3)}\r\n`;
  const head = 'Message-ID: <large@lab.example>\r\nSubject: large\r\n\r\n';
  return { name: 'large', bytes: Buffer.from(head + line.repeat(Math.ceil(octets / line.length))) };
}
