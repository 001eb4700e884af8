/**
 * For tests: one mailbox that travels between two mailboxes in memory, its ledgers in a real database. A pass may be stopped
 * where a process could be killed; the next begins with an empty memory.
 */

import { sql } from 'kysely';
import { memorySource, memoryTarget, type MemoryEnd } from '#connectors/memory/open.ts';
import { MemoryMailbox } from '#connectors/memory/platform.ts';
import type { SwitchPoint } from '#cutover/switch.ts';
import { after, type Stage } from '#domain/journey.ts';
import { type Direction, opposite } from '#domain/ledger-turn.ts';
import { everything, type Selection } from '#domain/selection.ts';
import { silent } from '#lib/log.ts';
import type { ListedMessage, Traveller } from '#ports/journeys.ts';
import type { Exception, LedgerReader } from '#ports/ledger.ts';
import type { OpenSource } from '#ports/mailbox.ts';
import type { Ends } from '#ports/mailbox-ends.ts';
import type { MailboxLease } from '#ports/workforce.ts';
import { openEntriesBefore } from '#store/entries-before.ts';
import { forgetWay } from '#store/forget-ledgers.ts';
import { mailboxAt, type TestWorker, testWorker } from '#store/ledger.test-kit.ts';
import { turnLedger } from '#store/ledger-turn.ts';
import { enterOtherNames } from '#store/other-names.ts';
import { testDatabase, type TestDatabase } from '#store/test-database.ts';
import type { CrashPoint } from '#sync/engine.ts';
import { fill, pair } from './copy-mailbox.test-kit.ts';
import { turnedInMemory } from '#ledger-file/turned-in-memory.ts';
import { noDoors } from './holding.test-kit.ts';
import { ComparedMemory } from './compared-memory.ts';
import type { Directing } from './pointing.ts';
import { StrayMemory } from './strays.ts';
import { type Traces, untraced } from '#ports/traces.ts';
import type { Holding, JourneySteps } from './travel-request.ts';
import { travel } from './travel.ts';

export type Point = SwitchPoint | CrashPoint;

export interface Platforms {
  readonly source: Partial<MemoryEnd>;
  readonly target: Partial<MemoryEnd>;
  readonly selection: Selection;
  readonly delete: boolean;
  readonly mailboxes: { readonly source?: MemoryMailbox; readonly target?: MemoryMailbox };
}

export class Killed extends Error {}

export class Journey implements AsyncDisposable {
  readonly source: MemoryMailbox;
  /** Another one where somebody leads us to another account. */
  target: MemoryMailbox;
  stage: Stage = 'planned';
  holding: Holding = noDoors;
  /** Why a person is needed; null while nobody is. */
  blocked: string | null = null;
  failures = 0;
  /** A person has asked that what was refused is tried again. */
  triesRefused = false;
  /** What a person has accepted does not arrive, by folder and UID. */
  readonly accepted = new Set<string>();
  /** What keeps it from being carried home, as it was told last. */
  homeLate: string | null = null;
  /** Alarms, each with what it is about. */
  readonly alarms: string[] = [];
  /** What was only mentioned. */
  readonly told: string[] = [];
  traces: Traces = untraced;
  /** The last warning. */
  said = '';
  /** Who both sides are said to be, as the way there sees them. */
  accounts = pair;
  /** What people do at that very moment. */
  meanwhile: ((at: Point) => void) | null = null;
  /** Ways that were forgotten, since the other knows all of it. */
  readonly forgotten: Direction[] = [];
  /** How the target answers those who carry home, where not as it should. */
  readsTarget: OpenSource | null = null;
  /** The operator's directory, where there is one. */
  directing: Omit<Directing, 'before'> | null = null;
  /** Whether what comes to the target is looked for since it came home. */
  cameHome: Traveller['cameHome'] = null;
  /** Since it changed sides, as the database tells it, and how soon after a look the next comes. */
  turnedForMs: number | null = null;
  nextInMs: number | null = null;
  /** How soon after it changed sides it is looked at again. */
  againInMs: number | null = null;
  readonly #strays = new StrayMemory();
  readonly #compared = new ComparedMemory();
  readonly #db: TestDatabase;
  readonly #worker: TestWorker;
  readonly #lease: MailboxLease;
  readonly #platforms: Partial<Platforms>;

  constructor(db: TestDatabase, worker: TestWorker, lease: MailboxLease, platforms: Partial<Platforms>) {
    this.#db = db;
    this.#worker = worker;
    this.#lease = lease;
    this.#platforms = platforms;
    this.source = platforms.mailboxes?.source ?? new MemoryMailbox();
    this.target = platforms.mailboxes?.target ?? new MemoryMailbox();
  }

  /** One piece of work, as a worker does it, stopped the `nth` time it comes to `point`; true if it came there. */
  async work(point: Point | null = null, nth = 1): Promise<boolean> {
    let [passed, isDead] = [0, false];
    const at = (now: Point): void => {
      if (now === point && ++passed === nth) isDead = true;
      // A dead process does nothing more: every later point ends it again.
      if (isDead) throw new Killed(now);
      this.meanwhile?.(now);
    };
    const alive = async <Answer>(answer: () => Answer | Promise<Answer>): Promise<Answer> => {
      if (isDead) throw new Killed('dead');
      return answer();
    };
    const journeys: JourneySteps = {
      now: () => Date.now(),
      take: (step) => alive(() => this.#step(step.expected, step.step)),
      passed: (_, __, dueInMs, step) =>
        alive(() => {
          this.failures = 0;
          this.nextInMs = dueInMs;
          if (step) this.#step(step.expected, step.step);
        }),
      carried: () => alive(() => undefined),
      wayHome: (_, late) =>
        alive(() => {
          const isNews = this.homeLate !== (late?.code ?? null);
          this.homeLate = late?.code ?? null;
          return isNews;
        }),
      homeIsQuiet: () => alive(() => void (this.cameHome = null)),
      rest: () => alive(() => undefined),
      beginSwitch: () => alive(() => this.#step('following', 'switch')),
      listed: (_, direction) => alive(() => this.#listed(direction)),
      failed: (_, dueInMs) =>
        alive(() => {
          this.failures++;
          this.nextInMs = dueInMs;
        }),
      block: (_, code, about) =>
        alive(async () => {
          this.blocked = `${code}: ${JSON.stringify(about)}`;
          await sql`update mailbox set blocked_about = ${JSON.stringify(about)}::jsonb`.execute(this.#db.sql);
        }),
      turn: async (step, side, _, againInMs, { forgets = null } = {}) => {
        this.againInMs = againInMs;
        const isTaken = await alive(() => this.#step(step.expected, step.step));
        if (isTaken) this.cameHome = side === 'source' ? 'stays' : null;
        if (isTaken) await before.forget(this.#lease.mailbox);
        if (forgets !== null) {
          await forgetWay(this.#db.sql, this.#lease.mailbox, forgets);
          this.forgotten.push(forgets);
        }
        return isTaken;
      },
    };
    const may = { mayMove: true, triesRefused: this.triesRefused };
    const who = { id: this.#lease.mailbox, address: 'a', sourceUser: null, targetUser: null, wave: null };
    const traveller = { ...who, failures: this.failures, ...may };
    const inHand = {
      traveller: {
        ...traveller,
        stage: this.stage,
        side: 'source' as const,
        turnedForMs: this.turnedForMs,
        homeLate: this.homeLate,
        cameHome: this.stage === 'following' ? this.cameHome : null,
      },
      ends: (direction: Direction) => this.ends(direction),
      turnLedger: async (from: Direction) => {
        const turning = await turnLedger(this.#worker.ledgers, this.#lease, from, this.ends(opposite[from]).pair);
        return turning.kind === 'turned' ? turning : { kind: 'unsettled' as const, why: `${turning.batches}` };
      },
      user: () => 'a',
      leaveBoth: () => undefined,
      strayLedger: async (direction: Direction) =>
        turnedInMemory(await this.ledger(opposite[direction]), await this.ledger(direction), this.ends(direction).pair),
    };
    const { directing } = this;
    const before = openEntriesBefore(this.#db);
    const { selection = everything, delete: mirrors = true } = this.#platforms;
    await travel(
      {
        work: this.stage === 'following' ? 'follow' : 'switch',
        inHand,
        wave: null,
        journeys,
        choices: { selection, delete: mirrors, prove: 'sample' },
        followEveryMs: 15 * 60_000,
        holding: this.holding,
        directing: directing && {
          ...directing,
          directory: { change: (...about) => alive(() => directing.directory.change(...about)) },
          before: {
            keep: (...about) => alive(() => before.keep(...about)),
            of: (...about) => alive(() => before.of(...about)),
            forget: (...about) => alive(() => before.forget(...about)),
          },
        },
        strays: this.#strays,
        compared: this.#compared,
        who: 'a test',
        log: {
          ...silent,
          info: (what) => void this.told.push(what),
          warn: (_, about) => void (this.said = JSON.stringify(about)),
          error: (what, about) => void this.alarms.push(`${what}: ${String(about?.['fault'])}`),
        },
        clock: { now: () => Date.now(), sleep: async () => undefined },
        traces: this.traces,
        at,
      },
      new AbortController().signal,
    ).catch((error: unknown) => {
      if (!isDead) throw error;
    });
    return isDead;
  }

  /** Takes a step that people take, and works until the mailbox is at `stage` and nobody is needed. */
  async until(stage: Stage, order?: 'switch' | 'go-back'): Promise<void> {
    if (order) this.#step(this.stage, order);
    for (let works = 0; this.stage !== stage; works++) {
      await this.work();
      if (this.blocked !== null || works > 10) throw new Error(`at ${this.stage}: ${this.blocked ?? this.said}`);
    }
  }

  order(step: 'switch' | 'go-back'): void {
    this.#step(this.stage, step);
  }

  ends(direction: Direction): Ends {
    const { source = {}, target = {} } = this.#platforms;
    const there = direction === 'there';
    const [from, fromEnd, to, toEnd] = there
      ? ([this.source, source, this.target, target] as const)
      : ([this.target, target, this.source, source] as const);
    return {
      pair: there ? this.accounts : { source: this.accounts.target, target: this.accounts.source },
      openSource: there ? memorySource(from, fromEnd) : (this.readsTarget ?? memorySource(from, fromEnd)),
      openTarget: memoryTarget(to, toEnd),
      openSourceToRead: memorySource(from, fromEnd),
      openTargetToRead: memorySource(to, toEnd),
      ledger: this.#worker.ledgers.under(this.#lease, direction),
    };
  }

  /** As a person orders it who was told of another account. */
  async sameAccount(): Promise<void> {
    await enterOtherNames(this.#db.sql, [this.#lease.mailbox]);
    this.blocked = null;
  }

  /** As somebody sees it who only looks. */
  ledger(direction: Direction): Promise<LedgerReader | null> {
    return this.#worker.ledgers.peek(this.#lease.mailbox, direction);
  }

  async exceptions(direction: Direction): Promise<readonly Exception[]> {
    return (await (await this.ledger(direction))?.exceptions()) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker[Symbol.asyncDispose]();
    await this.#db[Symbol.asyncDispose]();
  }

  async #listed(direction: Direction): Promise<readonly ListedMessage[]> {
    return (await this.exceptions(direction))
      .filter(({ kind }) => kind === 'refused' || kind === 'removed')
      .map(({ folder, uid, sourceUidValidity: uidValidity }) => {
        return { folder, uid, uidValidity, isAccepted: this.accepted.has(`${folder} ${uid}`) };
      });
  }

  #step(expected: Stage, step: Parameters<typeof after>[1]): boolean {
    const next = after(expected, step);
    if (this.stage !== expected || next === null) return false;
    this.stage = next;
    return true;
  }
}

export async function aJourney(platforms: Partial<Platforms> = {}): Promise<Journey> {
  const db = await testDatabase();
  const worker = await testWorker(db);
  const lease = await worker.take(await mailboxAt(db, pair.source));
  return new Journey(db, worker, lease, platforms);
}

/** INBOX of twenty and Work of ten, settled on the target. */
export async function settled(platforms: Partial<Platforms> = {}): Promise<Journey> {
  const journey = await aJourney(platforms);
  fill(journey.source.create(['INBOX']), 1, 20);
  fill(journey.source.create(['Work']), 21, 30);
  await journey.until('following');
  await journey.until('settled', 'switch');
  return journey;
}
