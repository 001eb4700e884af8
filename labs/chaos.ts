/**
 * An estate moves while everything it rests on is killed: workers, control planes and PostgreSQL with SIGKILL, workers frozen
 * for longer than their leases last, servers that throttle and cut, people who go on writing on the old side. It is to end by
 * itself, with nothing lost, nothing there twice, and an audit log that is whole. By hand:
 *
 *     npm run chaos -- --seed 1 --kills 30 --mailboxes 500
 *
 * labs/README.md says how it fails when what keeps these promises is taken out.
 */

import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { Chance } from '../src/lib/chance.ts';
import {
  type ChaosDatabase,
  environment,
  type EstateSize,
  openWindow,
  planWave,
  seedEstate,
  startDatabase,
  usersOf,
  writeSettings,
} from './chaos-estate.ts';
import { KeptProcess } from './chaos-processes.ts';
import { type ProcessName, processNames, type Strike, strikesOf } from './chaos-strikes.ts';
import { judge, leaksOf, type Verdict, whereTheyAre } from './chaos-verdict.ts';
import { ChaosWriters } from './chaos-writers.ts';
import { exitUntrue, runWithout, withouts } from './chaos-without.ts';
import { startDovecot } from './dovecot.ts';
import { freshState } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { makeScratch, removeScratch } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { type Climate, startWeather, type Weather } from './weather.ts';

export interface ChaosOrder {
  readonly seed: number;
  readonly kills: number;
  readonly freezes: number;
  readonly restarts: number;
  /** Between two strikes, at most. */
  readonly apartMs: number;
  readonly size: EstateSize;
  readonly climate: Climate;
  /** It has failed when it has not ended by itself after this. */
  readonly withinMs: number;
}

export interface ChaosFigures extends Verdict {
  readonly struck: Readonly<Record<string, number>>;
  readonly written: number;
  readonly seconds: number;
  /** Peak resident set of each process, in octets. */
  readonly peakBytes: Readonly<Record<string, number>>;
}

const mild: Climate = { turnedAway: 60, cut: 25, refused: 500, bye: 2_500 };

/** Runs it; throws where it does not end by itself. */
export async function chaos(order: ChaosOrder, tell: (line: string) => void = () => undefined): Promise<ChaosFigures> {
  const { seed, size } = order;
  const users = usersOf(size.mailboxes);
  await using source = await startDovecot({ users });
  await using target = await startDovecot({ users });
  const seeded = await seedEstate(source, users, size, seed);
  tell(`${seeded.messages} messages, ${(seeded.bytes / 1e6).toFixed(0)} MB in ${users.length} mailboxes`);
  await using database = await freshDatabase();
  await planWave(database.db, users);
  await using sourceWeather = await startWeather(source, order.climate, new Chance(seed + 1));
  await using targetWeather = await startWeather(target, order.climate, new Chance(seed + 2));
  await using state = await freshState();
  const config = await writeSettings(state.path, { source: sourceWeather.port, target: targetWeather.port }, 6);
  const began = performance.now();
  await using processes = startProcesses(config, state.path, database.url);
  await using writers = new ChaosWriters(database.db, source.port, users, seed + 3);
  const struck = await strikeAll({ order, database, processes, targetWeather, writers, tell });
  await writers.stop();
  await untilAllSettled({ order, database, processes, targetWeather, writers, tell }, began);
  const seconds = (performance.now() - began) / 1000;
  const leaks = await leaksOf(database.db);
  for (const each of processes.all) {
    const ran = await each.stop();
    if (ran && ran.code !== 0)
      each.endedByItself.push(`${each.name} was stopped and ended with ${ran.code ?? ran.signal}: ${each.said}`);
  }
  const weather = [sourceWeather, targetWeather].map((each) => JSON.stringify(each.seen())).join(', ');
  tell(`all settled after ${seconds.toFixed(0)} s; weather: ${weather}`);
  const verdict = await judge({ users, source, target, db: database.db, lastWritten: writers.lastWritten });
  return {
    ...verdict,
    differences: [...processes.all.flatMap((each) => each.endedByItself), ...leaks, ...verdict.differences],
    struck,
    written: writers.messages,
    seconds,
    peakBytes: Object.fromEntries(processes.all.map(({ name, peakBytes }) => [name, peakBytes])),
  };
}

async function freshDatabase(): Promise<ChaosDatabase> {
  const folder = await makeScratch('chaos-database');
  const database = await startDatabase(folder);
  return {
    ...database,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await removeScratch(folder);
    },
  };
}

interface Processes extends AsyncDisposable {
  readonly all: readonly KeptProcess[];
  of(name: ProcessName): KeptProcess;
}

function startProcesses(config: string, state: string, databaseUrl: string): Processes {
  const variables = { ...environment, DATABASE_URL: databaseUrl };
  const usual = ['-q', '--state', state, '--log-level', 'info'];
  const serve = ['serve', '--config', config, ...usual];
  const all = processNames.map(
    (name) => new KeptProcess(name, name === 'worker' ? ['worker', 'run', ...usual] : serve, variables),
  );
  return {
    all,
    of: (name) => all[processNames.indexOf(name)] as KeptProcess,
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

interface Arena {
  readonly order: ChaosOrder;
  readonly database: ChaosDatabase;
  readonly processes: Processes;
  readonly targetWeather: Weather;
  readonly writers: ChaosWriters;
  readonly tell: (line: string) => void;
}

/** One strike after the other; the window opens when half of them are through. */
async function strikeAll(arena: Arena): Promise<Readonly<Record<string, number>>> {
  const { order, database, tell } = arena;
  const struck: Record<string, number> = {};
  const strikes = strikesOf(order.seed, order);
  // What is killed before it has begun loses nothing, whatever it is made of.
  while (arena.targetWeather.toServerBytes === 0) await pause(5);
  for (const [i, strike] of strikes.entries()) {
    if (i === Math.floor(strikes.length / 2)) {
      await stubbornly(() => openWindow(database.db));
      tell('the window is open');
    }
    for (;;) {
      await moment(strike, arena.targetWeather);
      if (await hit(strike, arena)) break;
    }
    const what = `${strike.how} ${strike.victim}`;
    struck[what] = (struck[what] ?? 0) + 1;
    tell(`${i + 1} of ${strikes.length}: ${what}; ${await standing(database)}`);
  }
  return struck;
}

async function moment({ afterMs, afterBytes }: Strike, weather: Weather): Promise<void> {
  const [since, from] = [performance.now(), weather.toServerBytes];
  while (performance.now() - since < afterMs && weather.toServerBytes - from < afterBytes) await pause(5);
}

/** False where the victim was down already, or nobody has anything in hand. */
async function hit({ victim, how, forMs }: Strike, { database, processes, writers }: Arena): Promise<boolean> {
  if (victim === 'postgres') return how === 'kill' ? database.kill() : database.restart();
  const process = victim === 'busiest' ? await busiest(database, processes) : processes.of(victim);
  const pid = process?.pid ?? null;
  if (!process || pid === null) return false;
  if (how === 'kill') {
    if (!process.kill(forMs)) return false;
    writers.unread(await inHandOf(database, pid));
    return true;
  }
  process.signal('SIGSTOP');
  writers.unread(await inHandOf(database, pid));
  await pause(forMs);
  process.signal('SIGCONT');
  return true;
}

/** Whose mailboxes a process has in hand, or had until it was killed; nobody knows while the database is away. */
async function inHandOf({ db }: ChaosDatabase, pid: number): Promise<readonly string[]> {
  const asked = sql<{ address: string }>`
    select m.address from worker w join mailbox_lease l on l.worker = w.id join mailbox m on m.id = l.mailbox
     where w.pid = ${pid}`.execute(db.sql);
  return asked.then(
    ({ rows }) => rows.map(({ address }) => address),
    () => [],
  );
}

async function busiest({ db }: ChaosDatabase, { all }: Processes): Promise<KeptProcess | null> {
  const { rows } = await stubbornly(() =>
    sql<{ pid: number }>`
      select w.pid from worker w join mailbox_lease l on l.worker = w.id group by w.pid order by count(*) desc`.execute(
      db.sql,
    ),
  );
  const pids = rows.map(({ pid }) => pid);
  const living = all.filter(({ pid }) => pid !== null && pids.includes(pid));
  return living.sort((a, b) => pids.indexOf(a.pid as number) - pids.indexOf(b.pid as number))[0] ?? null;
}

async function untilAllSettled({ order, database, processes, tell }: Arena, began: number): Promise<void> {
  const { withinMs, size } = order;
  for (let toldAt = began; ; await pause(200)) {
    const { settled, blocked } = await stubbornly(() => count(database));
    if (settled + blocked === size.mailboxes) return;
    const now = performance.now();
    if (now - began > withinMs) {
      const stuck = [
        ...(await whereTheyAre(database.db)),
        ...processes.all.map(({ name, said }) => `${name} said: ${said}`),
      ];
      throw new Error(`it does not end by itself: ${await standing(database)}\n${stuck.join('\n')}`);
    }
    if (now - toldAt > 15_000) {
      tell(await standing(database));
      toldAt = now;
    }
  }
}

async function count({ db }: ChaosDatabase): Promise<{ readonly settled: number; readonly blocked: number }> {
  const { rows } = await sql<{ settled: number; blocked: number }>`
    select count(*) filter (where stage = 'settled' and mark = '') as settled,
           count(*) filter (where mark <> '') as blocked from mailbox`.execute(db.sql);
  return rows[0] ?? { settled: 0, blocked: 0 };
}

async function standing({ db }: ChaosDatabase): Promise<string> {
  const { rows } = await stubbornly(() =>
    sql<{ line: string }>`
      select stage || case mark when '' then '' else ' ' || mark || ' ' || coalesce(blocked, '') end || ' ' || count(*) as line
        from mailbox group by stage, mark, blocked order by min(stage)`.execute(db.sql),
  );
  return rows.map(({ line }) => line).join(', ');
}

/** Until the database answers. */
async function stubbornly<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries > 600) throw error;
      await pause(100);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What it is for a number of mailboxes: at 500 with three that are long, and a few messages of 20 MB. */
export function orderOf(seed: number, kills: number, mailboxes: number): ChaosOrder {
  const isLarge = mailboxes >= 200;
  return {
    seed,
    kills,
    freezes: isLarge ? Math.ceil(kills / 8) : 0,
    restarts: isLarge ? Math.ceil(kills / 10) : 1,
    apartMs: isLarge ? 15_000 : 2_500,
    size: {
      mailboxes,
      long: { mailboxes: isLarge ? 3 : 1, messages: isLarge ? 20_000 : 1_000 },
      heavy: { messages: isLarge ? 10 : 1, octets: isLarge ? 20_000_000 : 5_000_000 },
    },
    climate: mild,
    withinMs: isLarge ? 30 * 60_000 : 120_000 + kills * 10_000,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      kills: { type: 'string', default: '30' },
      mailboxes: { type: 'string', default: '500' },
      without: { type: 'string' },
    },
  });
  if (!skipAloud('chaos', await labAvailable('dovecot'))) process.exit(1);
  const say = (line: string): void => console.log(line);
  const without = withouts.find((each) => each === values.without);
  if (values.without !== undefined && !without) throw new Error(`--without takes one of ${withouts.join(', ')}`);
  if (without) {
    const hasFailed = await runWithout(without);
    say(`without ${without} it ${hasFailed ? 'fails, as it has to' : 'passes: nobody would notice'}`);
    process.exit(hasFailed ? 0 : 1);
  }
  const order = orderOf(Number(values.seed), Number(values.kills), Number(values.mailboxes));
  const figures = await chaos(order, say);
  const { differences, struck, peakBytes } = figures;
  say(`seed ${values.seed}: ${JSON.stringify(struck)}`);
  say(
    `${figures.messages} messages on both sides, ${figures.written} of them written meanwhile, ${figures.seconds.toFixed(0)} s`,
  );
  say(`audit log: ${figures.audit}`);
  for (const [name, octets] of Object.entries(peakBytes))
    say(`peak of ${name}: ${(octets / 1e6).toFixed(0)} MB resident`);
  say(`${differences.length} lost, twice or untrue`);
  for (const line of differences.slice(0, 100)) say(`  ${line}`);
  process.exit(differences.length === 0 ? 0 : exitUntrue);
}
