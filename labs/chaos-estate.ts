/** An estate to be moved through chaos: two Dovecots, mailboxes of all sizes, a PostgreSQL that can be killed, and a wave. */

import { windowFrom } from '#domain/window.ts';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { Chance } from '../src/lib/chance.ts';
import { silent } from '../src/lib/log.ts';
import { startEmbedded } from '../src/postgres/embedded.ts';
import { type Database, openDatabase } from '../src/store/db.ts';
import { migrate } from '../src/store/migrations.ts';
import { openWaves } from '../src/store/waves.ts';
import { imapDate, plainMessages } from './awkward-mail.ts';
import { seedAccount, type SeedFolder, type SeedMessage } from './seed.ts';
import type { LabServer, LabUser } from './server.ts';

export interface EstateSize {
  readonly mailboxes: number;
  /** Mailboxes with so many messages in one folder, besides. */
  readonly long: { readonly mailboxes: number; readonly messages: number };
  /** Messages of so many octets, in mailboxes of their own choice. */
  readonly heavy: { readonly messages: number; readonly octets: number };
}

export interface Seeded {
  readonly messages: number;
  readonly bytes: number;
}

const password = 'one for all';
export const wave = 'chaos';

export function usersOf(count: number): readonly LabUser[] {
  return Array.from({ length: count }, (_, i) => ({ name: `user${i}@corp.example`, password }));
}

/** Fills the old side; several accounts at a time. */
export async function seedEstate(
  server: LabServer,
  users: readonly LabUser[],
  size: EstateSize,
  seed: number,
): Promise<Seeded> {
  const chance = new Chance(seed);
  const heavy = new Map<number, number>();
  for (let i = 0; i < size.heavy.messages; i++) {
    const whose = chance.below(users.length);
    heavy.set(whose, (heavy.get(whose) ?? 0) + 1);
  }
  const all = { messages: 0, bytes: 0 };
  const left = users.map((user, i) => ({ user, i, folders: foldersOf(i, size, heavy.get(i) ?? 0, chance.fork()) }));
  const some = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const { messages, bytes, refused } = await seedAccount(server, next.user, next.folders);
      if (refused.length > 0) throw new Error(`the old side would not have it: ${JSON.stringify(refused[0])}`);
      all.messages += messages;
      all.bytes += bytes;
    }
  };
  await Promise.all([some(), some(), some()]);
  return all;
}

const names = ['Projekte/Süd', 'Почта', '受信箱', 'Ünïcode & more', '📎 Anlagen'] as const;

function foldersOf(i: number, { long, heavy }: EstateSize, heavyHere: number, chance: Chance): readonly SeedFolder[] {
  const folders: SeedFolder[] = [
    { path: ['INBOX'], messages: plainMessages(chance.bits(), chance.between(5, 30), `inbox-${i}`) },
    ...names
      .filter(() => chance.once(2))
      .map((name) => ({
        path: name.split('/'),
        messages: plainMessages(chance.bits(), chance.between(0, 12), `more-${i}`),
      })),
  ];
  if (heavyHere > 0)
    folders.push({ path: ['Große Anhänge'], messages: largeMessages(chance, heavyHere, heavy.octets) });
  if (i < long.mailboxes) folders.push({ path: ['Archiv', '全部'], messages: shortMessages(chance, long.messages, i) });
  return folders;
}

function* shortMessages(chance: Chance, count: number, of: number): Generator<SeedMessage> {
  for (let i = 0; i < count; i++) {
    const body = `${chance.bits().toString(36)} `.repeat(chance.between(100, 250));
    yield {
      name: `short ${i}`,
      bytes: Buffer.from(`Message-ID: <short.${of}.${i}@lab.example>\r\nSubject: short ${i}\r\n\r\n${body}\r\n`),
      flags: chance.once(2) ? ['\\Seen'] : [],
      internalDate: imapDate(chance.between(946_684_800, 1_700_000_000)),
    };
  }
}

function* largeMessages(chance: Chance, count: number, octets: number): Generator<SeedMessage> {
  for (let i = 0; i < count; i++) {
    const line = `${Array.from({ length: 9 }, () => chance.bits().toString(36)).join(' ')}\r\n`;
    const head = `Message-ID: <large.${chance.bits()}@lab.example>\r\nSubject: large ${i}\r\n\r\n`;
    yield {
      name: `large ${i}`,
      bytes: Buffer.from(head + line.repeat(Math.ceil((octets - head.length) / line.length))),
      internalDate: imapDate(chance.between(946_684_800, 1_700_000_000)),
    };
  }
}

/** A PostgreSQL of its own process, which is started again when it ends, however that was. */
export interface ChaosDatabase extends AsyncDisposable {
  readonly url: string;
  readonly db: Database;
  /** SIGKILL to its first process, as the kernel does when memory runs out. False where it was just starting. */
  kill(): boolean;
  /** A fast shutdown, as an upgrade of the operator's does it. */
  restart(): boolean;
}

export async function startDatabase(folder: string): Promise<ChaosDatabase> {
  const server = await startEmbedded(folder, { log: silent }, AbortSignal.timeout(60_000));
  const db = await openDatabase({ url: server.url, connectionsMax: 4, applicationName: 'chaos' });
  await migrate(db);
  const tell = (signal: NodeJS.Signals): boolean => {
    try {
      const [pid] = readFileSync(join(folder, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n');
      return process.kill(Number(pid), signal);
    } catch {
      return false; // it is down
    }
  };
  return {
    url: server.url,
    db,
    kill: () => tell('SIGKILL'),
    restart: () => tell('SIGINT'),
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Two organisations, and everybody in one wave, which is started; its window opens when `openWindow` says so. */
export async function planWave(db: Database, users: readonly LabUser[]): Promise<void> {
  await sql`insert into organisation (code, name) values ('RXY', 'A ward'), ('RYJ', 'Another')`.execute(db.sql);
  await sql`
    insert into mailbox (address, kind, organisation)
    select name, 'person', (select id from organisation order by id offset (place % 2) limit 1)
      from unnest(${users.map(({ name }) => name)}::text[]) with ordinality as u (name, place)`.execute(db.sql);
  const waves = openWaves(db);
  const [opensAt, closesAt] = [6, 18].map((hours) => Date.now() + hours * 3_600_000) as [number, number];
  const order = { name: wave, selector: {}, limit: null, isPilot: false, errorBudget: 1 };
  await waves.create({ ...order, window: windowFrom(opensAt, closesAt) }, 'chaos');
  await waves.move(wave, 'start', 'chaos', null);
}

export async function openWindow(db: Database): Promise<void> {
  await sql`update wave set opens_at = now() where name = ${wave}`.execute(db.sql);
}

/** The settings of the programme; answers with the path of the file. */
export async function writeSettings(
  folder: string,
  ports: { readonly source: number; readonly target: number },
  atOnce: number,
): Promise<string> {
  const file = join(folder, 'godwit.yaml');
  const side = (name: string, port: number): string =>
    `${name}: { url: 'imap+plain://127.0.0.1:${port}', secret: env:PW, budget: { connections: ${atOnce * 4} } }`;
  await writeFile(
    file,
    [
      side('source', ports.source),
      side('target', ports.target),
      'database: env:DATABASE_URL',
      'follow-every: 5s',
      'listen: off',
      `workers: { at-once: ${atOnce} }`,
    ].join('\n'),
  );
  return file;
}

export const environment = { PW: password } as const;
