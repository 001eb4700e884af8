/**
 * People at work on the old side while their estate moves: new mail, folders and flags. What comes to a mailbox after its
 * switch is not Godwit's to carry, so whoever writes holds the row of the mailbox meanwhile, and no switch begins before it
 * is let go. Where the database ends in the middle of that, the moment when the writing ended is compared with the switch.
 */

import type pg from 'pg';
import { Chance } from '../src/lib/chance.ts';
import type { Database } from '../src/store/db.ts';
import type { LabUser } from './server.ts';
import { SourceWriter } from './source-writer.ts';

/** So many are at work at one time. */
const atWorkMax = 24;
const before = new Set(['known', 'planned', 'copying', 'following']);

export class ChaosWriters implements AsyncDisposable {
  readonly #db: Database;
  readonly #port: number;
  readonly #users: readonly LabUser[];
  readonly #chance: Chance;
  readonly #switched = new Set<string>();
  readonly #atWork = new Map<string, SourceWriter>();
  /** Who marks everything as unread before anybody does anything else. */
  readonly #toUnread = new Set<string>();
  /** When the last writing to each mailbox was over, in milliseconds since 1970. */
  readonly lastWritten = new Map<string, number>();
  messages = 0;
  #stopped = false;
  #failure: Error | null = null;
  #running: Promise<void>;

  constructor(db: Database, port: number, users: readonly LabUser[], seed: number) {
    this.#db = db;
    this.#port = port;
    this.#users = users;
    this.#chance = new Chance(seed);
    this.#running = this.#work();
  }

  /**
   * These mark all their mail as unread at once. What had just been sent with `\\Seen` when its worker was killed has to lose
   * it on the target too, so whoever goes on must know that it was Godwit who put it there.
   */
  unread(addresses: readonly string[]): void {
    for (const address of addresses) this.#toUnread.add(address);
  }

  /** Ends it, and throws what went wrong. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    if (this.#failure) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#running;
    for (const writer of this.#atWork.values()) await writer[Symbol.asyncDispose]();
  }

  async #work(): Promise<void> {
    try {
      while (!this.#stopped && this.#switched.size < this.#users.length) {
        await this.#session();
        await pause(200);
      }
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  /** As long as the database is there. */
  async #session(): Promise<void> {
    let client: pg.Client;
    try {
      client = await this.#db.connect();
    } catch {
      return; // it is away; so are we
    }
    try {
      while (!this.#stopped && this.#switched.size < this.#users.length) {
        const user = this.#somebody();
        if (!(await this.#underLock(client, user))) return;
        await pause(this.#chance.between(2, 40));
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  #somebody(): LabUser {
    const [hurried] = this.#toUnread;
    if (hurried !== undefined) return this.#users.find(({ name }) => name === hurried) as LabUser;
    const busy = [...this.#atWork.keys()];
    if (busy.length >= atWorkMax && !this.#chance.once(10)) {
      const name = this.#chance.pick(busy);
      return this.#users.find((user) => user.name === name) as LabUser;
    }
    return this.#chance.pick(this.#users.filter(({ name }) => !this.#switched.has(name)));
  }

  /** False where the database went away. */
  async #underLock(client: pg.Client, user: LabUser): Promise<boolean> {
    let stage: string | undefined;
    try {
      await client.query('begin');
      const { rows } = await client.query<{ stage: string }>(
        'select stage from mailbox where address = $1 for no key update',
        [user.name],
      );
      stage = rows[0]?.stage;
    } catch {
      return false;
    }
    if (stage !== undefined && before.has(stage)) await this.#write(user);
    else this.#switched.add(user.name);
    this.#toUnread.delete(user.name);
    if (this.#switched.has(user.name) || this.#atWork.size > atWorkMax) await this.#goHome(user);
    return client.query('commit').then(
      () => true,
      () => false,
    );
  }

  async #write(user: LabUser): Promise<void> {
    let writer = this.#atWork.get(user.name);
    if (!writer) {
      // What the same person wrote at another time is not written once more.
      writer = await SourceWriter.open(this.#port, user, this.#chance.bits());
      this.#atWork.set(user.name, writer);
    }
    const had = writer.messages;
    if (this.#toUnread.has(user.name)) await writer.unreadAll();
    else await writer.act(8);
    this.messages += writer.messages - had;
    this.lastWritten.set(user.name, Date.now());
  }

  async #goHome(user: LabUser): Promise<void> {
    const writer = this.#atWork.get(user.name);
    this.#atWork.delete(user.name);
    await writer?.[Symbol.asyncDispose]();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
