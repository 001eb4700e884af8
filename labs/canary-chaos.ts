/** What happens to an estate full of canaries: it is set up as an operator would, killed, cut off, given new keys, and looked at. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { Chance } from '../src/lib/chance.ts';
import { sealedSecrets } from '../src/store/secrets.ts';
import type { Canaries, Keys } from './canary-estate.ts';
import type { Lookout } from './canary-lookout.ts';
import { markOf } from './canary-search.ts';
import { type ChaosDatabase, openWindow } from './chaos-estate.ts';
import { KeptProcess } from './chaos-processes.ts';
import { countOf } from './embedded-estate.ts';
import { type Ran, startGodwit } from './godwit.ts';
import type { LabUser } from './server.ts';
import type { Weather } from './weather.ts';

export interface CanaryOrder {
  readonly seed: number;
  readonly kills: number;
  readonly mailboxes: number;
}

/** Who signs in at the source for everybody. */
export const mover = 'mover';
const talkative = ['--log-level', 'trace', '--log-format', 'json'];
/** So many secrets are rotated that a kill comes in between. */
const spares = 1_500;

export interface Arena {
  readonly order: CanaryOrder;
  readonly users: readonly LabUser[];
  readonly canaries: Canaries;
  readonly keys: Keys;
  readonly database: ChaosDatabase;
  readonly targetWeather: Weather;
  /** Where what the processes are given lies, and their state folder. */
  readonly folder: string;
  readonly config: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly lookout: Lookout;
  readonly tell: (line: string) => void;
}

/** A command of the operator's, at its most talkative; `input` is piped in. */
export async function run(
  arena: Arena,
  args: readonly string[],
  { input = null, ...more }: { readonly input?: string | null; readonly GODWIT_KEY?: string } = {},
): Promise<Ran> {
  const { folder, environment, lookout } = arena;
  const piped = input === null ? [] : ['sh', '-c', 'exec "$@" <"$0"', await inputFile(folder, input)];
  const ran = await startGodwit([...args, ...usual(arena)], { ...environment, ...more }, 100_000, piped).ended;
  lookout.said(args.join(' '), [ran.stdout, ran.stderr]);
  return ran;
}

function usual({ config, folder }: Arena): readonly string[] {
  return ['--config', config, '--state', join(folder, 'state'), ...talkative];
}

/** As an operator would: the administrator's by a pipe, the others by a list; the first of them is wrong. */
export async function setAllSecrets(arena: Arena): Promise<void> {
  const { users, canaries, folder, lookout } = arena;
  const list = await inputFile(
    folder,
    [
      'address,secret',
      ...users.map(({ name, password }, i) => `${name},${i === 0 ? canaries.wrong.text : password}`),
    ].join('\n'),
  );
  const ran = [await run(arena, ['secret', 'set', 'target/', '--from', list])];
  const spare = Array.from({ length: spares }, (_, i) => `s${i}@corp.example,${canaries.spare.text}`).join('\n');
  ran.push(
    await run(arena, ['secret', 'set', 'spare/', '--from', await inputFile(folder, `address,secret\n${spare}`)]),
  );
  ran.push(await run(arena, ['secret', 'set', mover], { input: `${canaries.administrator.text}\n` }));
  for (const { code, stderr } of ran)
    if (code !== 0) lookout.complain(`secret set ended with ${code}: ${stderr.slice(-500)}`);
}

/** Control plane, the one that waits to lead, and a worker; started once whoever leads first has made the keys of the estate. */
export async function startProcesses(arena: Arena): Promise<readonly KeptProcess[]> {
  const { environment, database } = arena;
  const all = (['serve', 'standby', 'worker'] as const).map((name) => {
    const verb = name === 'worker' ? ['worker', 'run'] : ['serve'];
    const args = [...verb, ...usual(arena), '--listen', '127.0.0.1:0'];
    return new KeptProcess(name, args, environment, [], false);
  });
  const [serve, ...others] = all;
  serve?.start();
  const published = async (): Promise<boolean> =>
    (await sql`select 1 from programme`.execute(database.db.sql)).rows.length > 0;
  await until('the settings are published', published, () => serve?.said ?? '');
  for (const each of others) each.start();
  return all;
}

/** A token for the API, which is looked for from then on like all that is secret. */
export async function apiToken(arena: Arena): Promise<string> {
  const file = join(arena.folder, 'api-token');
  const { stderr } = await run(arena, [
    'access',
    'token',
    'create',
    '--name',
    'canaries',
    '--role',
    'owner',
    '--out',
    file,
  ]);
  const token = await readFile(file, 'utf8').catch(() => {
    throw new Error(`no token was made: ${stderr.slice(-1_000)}`);
  });
  arena.lookout.alsoFor(markOf('a token of the API', Buffer.from(token.trim())));
  return token.trim();
}

/** Kills, a rotation in the middle, the wrong password put right, and in the end everybody has moved. */
export async function moveThroughChaos(arena: Arena, processes: readonly KeptProcess[]): Promise<void> {
  const { order, users, keys, database, targetWeather, lookout, tell } = arena;
  const chance = new Chance(order.seed);
  const saidBy = (): string => processes.map(({ saidInAll }) => saidInAll.join('')).join('');
  await until('somebody has signed in', async () => targetWeather.toServerBytes > 0, saidBy);
  for (let i = 0; i < order.kills; i++) {
    const from = targetWeather.toServerBytes;
    const bytes = 2 ** chance.between(12, 20);
    for (let waited = 0; waited < 3_000 && targetWeather.toServerBytes - from < bytes; waited += 10) await pause(10);
    if (i === Math.floor(order.kills / 2)) {
      await openWindow(database.db);
      await rotateKilled(arena);
    }
    const isDatabase = i % 4 === 3;
    if (isDatabase) database.kill();
    else processes[i % processes.length]?.kill(chance.between(0, 1_000));
    tell(`${i + 1} of ${order.kills}: ${isDatabase ? 'postgres' : processes[i % processes.length]?.name}`);
  }
  const [first] = users;
  await until('the wrong password was noticed', async () => saidBy().includes('AUTHENTICATIONFAILED'), saidBy);
  await stubborn(() => run(arena, ['secret', 'set', `target/${first?.name}`], { input: `${first?.password}\n` }));
  await until(
    'all have moved',
    async () => {
      const settled = await countOf(database.db, 'settled').catch(() => 0);
      // Whoever was blocked is tried again, as an operator would once it was put right.
      if (settled < users.length)
        await run(arena, ['mailbox', 'retry', '--select', 'mark=blocked', '--why', 'put right']);
      return settled === users.length;
    },
    () => '',
  );
  await stubborn(() => run(arena, ['secret', 'rotate'], { GODWIT_KEY: keys.afterwards }));
  const ids = await sealedSecrets(database.db).keyIds('');
  if ([...ids].some((id) => !id.startsWith('vault:')))
    lookout.complain(`not all came under the new key: ${[...ids].join()}`);
}

/** Brings all secrets under the key in Vault; killed while it does, and run again. What was set before opens all the time. */
async function rotateKilled(arena: Arena): Promise<void> {
  const { keys, environment, lookout, tell } = arena;
  const asked = keys.vault.asked.length;
  const newKey = { GODWIT_KEY: keys.afterwards };
  const first = startGodwit(['secret', 'rotate', ...usual(arena)], { ...environment, ...newKey });
  let over = false;
  void first.ended.then(() => (over = true));
  // Two questions prove Vault, one asks for its version, and with the fifth the second batch is under way.
  while (!over && keys.vault.asked.length < asked + 5) await pause(2);
  first.child.kill('SIGKILL');
  const killed = await first.ended;
  lookout.said('secret rotate, killed', [killed.stdout, killed.stderr]);
  const again = await stubborn(() => run(arena, ['secret', 'rotate'], newKey));
  tell(`secret rotate, ${killed.signal ?? 'not'} killed, then: ${again.stdout.trim().split('\n')[0]}`);
}

/** What an operator looks at, each as text and as a document. */
export async function lookAtAll(arena: Arena): Promise<void> {
  const [first] = arena.users;
  const looks = [
    ['status'],
    ['get', 'mailboxes', '-o', 'json'],
    ['get', 'workers'],
    ['describe', 'mailbox', first?.name ?? ''],
    ['describe', 'mailbox', first?.name ?? '', '-o', 'json'],
    ['describe', 'wave', 'chaos'],
    ['report', 'wave', 'chaos', '-o', 'json'],
    ['report', 'wave', 'chaos', '--exceptions', '-o', 'csv'],
    ['verify', '--wave', 'chaos', '-o', 'json'],
    ['audit', 'verify'],
    ['secret', 'list'],
    ['secret', 'list', '-o', 'json'],
    ['db', 'info'],
  ];
  for (const args of looks) {
    const { code } = await run(arena, args);
    // A comparison gives up where the weather lets nobody in.
    const isDone = code === 0 || code === 3 || (code === 4 && args[0] === 'verify');
    if (!isDone) arena.lookout.complain(`godwit ${args.join(' ')} ended with ${code}`);
  }
}

async function inputFile(folder: string, text: string): Promise<string> {
  const file = join(folder, 'input');
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

/** Again until it is done: PostgreSQL may just have been killed. */
async function stubborn(work: () => Promise<Ran>): Promise<Ran> {
  for (let tries = 0; ; tries++) {
    const ran = await work();
    if (ran.code === 0 || tries === 20) return ran;
    await pause(500);
  }
}

async function until(what: string, holds: () => Promise<boolean>, said: () => string): Promise<void> {
  for (const since = performance.now(); !(await holds()); await pause(300))
    if (performance.now() - since > 180_000) throw new Error(`waited in vain until ${what}\n${said().slice(-3_000)}`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
