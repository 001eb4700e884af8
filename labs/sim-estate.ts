/**
 * An estate between two servers made of arrays, with a real database and a real `serve`: for what can only be seen where servers
 * can be counted in and told to misbehave.
 */

import { windowFrom } from '#domain/window.ts';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { MemoryPlatform } from '#connectors/memory/platform.ts';
import type { Stage } from '../src/domain/journey.ts';
import type { Instant } from '../src/domain/item.ts';
import { readEstate } from '../src/app/read-estate.ts';
import { serve } from '../src/app/serve.ts';
import { type Log, silent } from '../src/lib/log.ts';
import type { Database } from '../src/store/db.ts';
import { testDatabase } from '../src/store/test-database.ts';
import { openWaves } from '../src/store/waves.ts';
import { freshState } from './godwit.ts';
import { type CountingProxy, startCountingProxy } from './counting-proxy.ts';
import { simPassword, type SimOptions, type SimServer, startServer } from './sim/server.ts';

export interface SimEstateOptions {
  readonly mailboxes: number;
  /** In each inbox of the source, of so many octets. */
  readonly messages: number;
  readonly messageOctets?: number;
  readonly source?: Partial<SimOptions>;
  readonly target?: Partial<SimOptions>;
  /** Lines of godwit.yaml. */
  readonly sourceBudget?: string;
  readonly targetBudget?: string;
  readonly atOnce: number;
  /** An hour unless told: then each is looked at once. */
  readonly followEvery?: string;
  /** Where machines reach us; 127.0.0.1 unless told. */
  readonly host?: string;
  /** One that was migrated and holds nothing; a test database unless told. */
  readonly database?: Database & { readonly url: string };
  readonly log?: Log;
}

export interface SimEstate extends AsyncDisposable {
  readonly db: Database & { readonly url: string };
  /** For processes: what the settings refer to. */
  readonly environment: Readonly<Record<string, string>>;
  readonly source: SimServer;
  readonly target: SimServer;
  readonly users: readonly string[];
  /** The doors of both servers, where connections and octets are counted. */
  readonly doors: { readonly source: CountingProxy; readonly target: CountingProxy };
  /** Serves until it is disposed of; more than once for more workers. */
  work(): AsyncDisposable;
  /** Starts the wave: from now on everything is due. */
  begin(): Promise<void>;
  /** Waits until so many are there. Throws with how all of them stand where they are not in `waitMaxMs`. */
  until(stage: Stage, mailboxes: number, how?: 'exactly' | 'at least'): Promise<void>;
  /** Messages in the inboxes of the target, in all. */
  arrived(): number;
}

const waitMaxMs = 90_000;
/** Longer than it takes us to come again. */
const lingerMs = 150;

/** Everything is there and nothing has begun; all mailboxes are in one wave, whose window is open once it `begin`s when `isOpen`. */
export async function startSimEstate(options: SimEstateOptions, isOpen: boolean): Promise<SimEstate> {
  await using resources = new AsyncDisposableStack();
  const users = Array.from({ length: options.mailboxes }, (_, i) => `user${i}@corp.example`);
  const source = resources.use(await startServer({ ...options.source, platform: seeded(users, options) }));
  const target = resources.use(await startServer({ ...options.target, platform: seeded(users, { messages: 0 }) }));
  const door = { host: options.host ?? '127.0.0.1', lingerMs };
  const doors = {
    source: resources.use(await startCountingProxy(source, door)),
    target: resources.use(await startCountingProxy(target, door)),
  };
  const state = resources.use(await freshState());
  const db = options.database ?? resources.use(await testDatabase());
  const file = join(state.path, 'godwit.yaml');
  const platform = (port: number, budget: string | undefined): string =>
    `{ url: 'imap+plain://${options.host ?? '127.0.0.1'}:${port}', secret: env:PW, allow-clear-text: true${budget === undefined ? '' : `, budget: { ${budget} }`} }`;
  await writeFile(
    file,
    [
      'database: env:DB',
      'listen: "off"',
      `source: ${platform(doors.source.port, options.sourceBudget)}`,
      `target: ${platform(doors.target.port, options.targetBudget)}`,
      `follow-every: ${options.followEvery ?? '1h'}`,
      `workers: { at-once: ${options.atOnce} }`,
    ].join('\n'),
  );
  const settings = await readEstate(file);
  await enrol(db, users, isOpen);
  const environment: Readonly<Record<string, string>> = {
    DB: db.url,
    PW: simPassword,
    KEY: randomBytes(32).toString('base64'),
    GODWIT_KEY: 'env:KEY',
  };
  const moved = resources.move();
  return {
    db,
    environment,
    source,
    target,
    users,
    doors,
    async begin() {
      await openWaves(db).move('pilot', 'start', 'a lab', null);
    },
    work() {
      const stop = new AbortController();
      const log = options.log ?? silent;
      const started = (): void => undefined;
      const serving = serve(
        {
          settings,
          stateDir: state.path,
          version: 'test',
          keys: [{ kind: 'env', name: 'KEY' }],
          environment: (name) => environment[name],
          log,
          started,
        },
        stop.signal,
      );
      serving.catch(() => undefined); // told where it is disposed of
      return {
        async [Symbol.asyncDispose]() {
          stop.abort();
          await serving;
        },
      };
    },
    until: (stage, mailboxes, how = 'exactly') => until(db, stage, mailboxes, how),
    arrived: () => users.reduce((sum, user) => sum + countIn(target.platform, user), 0),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

function seeded(
  users: readonly string[],
  { messages, messageOctets = 400 }: Partial<SimEstateOptions>,
): MemoryPlatform {
  const platform = new MemoryPlatform();
  for (const user of users) {
    const mailbox = platform.add(user);
    const inbox = mailbox.folder('INBOX');
    if (!inbox) throw new Error('a mailbox without an inbox');
    for (let i = 0; i < (messages ?? 0); i++) {
      const head = `Message-ID: <${i}.${user}>\r\nSubject: ${i}\r\n\r\n`;
      const bytes = Buffer.from(head.padEnd(messageOctets, 'x'));
      mailbox.arrive(inbox, [{ bytes, flags: [], internalDate: (1_700_000_000 + i) as Instant }]);
    }
  }
  return platform;
}

function countIn(platform: MemoryPlatform, user: string): number {
  return platform.mailboxes.get(user)?.folder('INBOX')?.select('all').length ?? 0;
}

async function enrol(db: Database, users: readonly string[], isOpen: boolean): Promise<void> {
  await sql`insert into organisation (code, name) values ('RXY', 'A ward')`.execute(db.sql);
  await sql`
    insert into mailbox (address, kind, organisation)
    select address, 'person', (select id from organisation) from unnest(${users}::text[]) as address`.execute(db.sql);
  const waves = openWaves(db);
  // So far ahead that nobody looks at mailboxes for it yet: what is counted is what passes do.
  const opensAt = Date.now() + (isOpen ? 0 : 60 * 24 * 3_600_000);
  const window = windowFrom(opensAt, opensAt + 3_600_000);
  const order = { name: 'pilot', selector: {}, limit: null, isPilot: true, errorBudget: 1, window };
  await waves.create(order, 'a lab');
}

async function until(db: Database, stage: Stage, mailboxes: number, how: 'exactly' | 'at least'): Promise<void> {
  for (const since = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from mailbox where stage = ${stage} and mark = ''`.execute(db.sql);
    const there = rows[0]?.n ?? 0;
    if (there === mailboxes || (how === 'at least' && there > mailboxes)) return;
    if (Date.now() - since < waitMaxMs) continue;
    const stand = await sql`
      select stage, mark, blocked, blocked_about, count(*)::int as n from mailbox group by 1, 2, 3, 4`.execute(db.sql);
    throw new Error(`not all are ${stage}: ${JSON.stringify(stand.rows)}`);
  }
}
