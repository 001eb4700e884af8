/** Moves one mailbox, or brings an earlier move of it up to date: what `godwit copy` does for each line of its list. */

import { ElementMaker } from '#domain/digest.ts';
import { Fault, fault } from '#domain/fault.ts';
import type { MailboxReport } from '#domain/report.ts';
import type { Selection } from '#domain/selection.ts';
import { type Clock, realClock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Ledger, LedgerReader, LedgerStore, MailboxPair } from '#ports/ledger.ts';
import type { OpenSource, OpenTarget, Source, Target } from '#ports/mailbox.ts';
import { attempt } from '#sync/attempt.ts';
import { type CrashPoint, type Engine, ExceptionBook, Suspects, Tally } from '#sync/engine.ts';
import { dryLedger, dryTarget } from '#sync/dry-run.ts';
import { Patience } from '#sync/patience.ts';
import { LookAgain } from '#sync/look-again.ts';
import { mailboxReport } from '#sync/mailbox-report.ts';
import { Rest } from '#sync/rest.ts';
import { Sightings } from '#sync/sightings.ts';
import { TargetStates } from '#sync/target-states.ts';

export interface CopyRequest {
  readonly pair: MailboxPair;
  readonly openSource: OpenSource;
  readonly openTarget: OpenTarget;
  /** A function is called when both ends are being dialled already, so that opening it costs no time of its own. */
  readonly ledger: LedgerStore | (() => Promise<LedgerStore>);
  readonly choices: CopyChoices;
  /** Ends where an end cannot be opened: whoever asked comes again, and others can use the connections meanwhile. */
  readonly opensOnce?: boolean;
  readonly watcher: CopyWatcher;
  readonly log: Log;
  /** Slows the bytes down to what the operator allows; null for no limit. */
  readonly pace: Pace | null;
  /** Looks into the ledger once more when all is done, while it is still held. */
  readonly atTheEnd?: (ledger: LedgerReader) => Promise<void>;
  /** Told once per attempt: a mark of mail on the target that is not ours, empty where there is none (`sync/foreign.ts`). */
  readonly foreign?: (mark: string) => void;
  /** For tests: time, chance, and the places at which a process may be killed (`crashPoints`). */
  readonly clock?: Clock;
  readonly chance?: () => number;
  readonly at?: (point: CrashPoint) => void;
}

export interface CopyChoices {
  readonly selection: Selection;
  /** Mirror removals on the target, only of messages that Godwit itself put there. */
  readonly delete: boolean;
  /** With `delete`: nothing is removed, what left the source is moved below this folder at the root of the target, also what others put there. */
  readonly aside?: string;
  /** What others removed from the target, and the source still has, is sent again. */
  readonly restores?: boolean;
  /** How much is read back by content: nothing, what is suspicious and a sample, or all. */
  readonly prove: 'none' | 'sample' | 'all';
  /** Say what would be done; write nothing, the ledger included. */
  readonly dryRun: boolean;
  /** Go on carrying changes, looking again after so many seconds at the latest; null to end after one pass. */
  readonly followSeconds: number | null;
  /** Try again what a target refused in an earlier run. */
  readonly retryRefused: boolean;
  /** Send what is new, and leave flags and removals alone. */
  readonly onlyNew?: boolean;
}

/** Told how it goes, often; must return at once. */
export interface CopyWatcher {
  /** So much is to be done in all, as far as known; may be told again with better numbers. */
  planned(messages: number, bytes: number | null): void;
  /** So much more has arrived. */
  progress(messages: number, bytes: number): void;
  /** The folder at hand, by its path. */
  folder(path: string): void;
  /** A pass of `--follow` has ended; the target is as far as the source was then. */
  caughtUp(report: MailboxReport): void;
}

export interface Pace {
  /** Asks for room for `bytes` that have just gone: null to go on, else a promise for when to. */
  take(bytes: number): Promise<void> | null;
}

/**
 * Copies one mailbox and says what happened. Faults do not throw: `fault` of the report holds what ended it early. When
 * the signal aborts it stops cleanly, and `fault` is `interrupted`.
 */
export async function copyMailbox(request: CopyRequest, signal: AbortSignal): Promise<MailboxReport> {
  const clock = request.clock ?? realClock;
  const began = clock.now();
  const run = new Run(request, clock, signal);
  let ended: unknown = null;
  try {
    await run.toTheEnd();
  } catch (error) {
    ended = error;
  }
  return run.report(clock.now() - began, ended);
}

class Run {
  readonly #request: CopyRequest;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #tally = new Tally();
  readonly #suspects = new Suspects();
  readonly #sightings: Sightings;
  #exceptions = new ExceptionBook([]);
  #source: Source | null = null;
  #target: Target | null = null;
  #dialled: Promise<void> | null = null;
  /** Aborted when what was dialled is not wanted any more. */
  readonly #given = new AbortController();
  #intents = 0;
  #firstIntent = 1;

  constructor(request: CopyRequest, clock: Clock, signal: AbortSignal) {
    this.#request = request;
    this.#clock = clock;
    this.#signal = signal;
    const { followSeconds } = request.choices;
    const apartMs = followSeconds === null ? Number.POSITIVE_INFINITY : followSeconds * 1000;
    this.#sightings = new Sightings(() => clock.now(), apartMs);
  }

  async toTheEnd(): Promise<void> {
    this.#signal.throwIfAborted();
    // Both ends are dialled while the ledger is opened and read.
    const dialled = this.#open();
    dialled.catch(() => undefined); // heard by the first attempt, unless the ledger is the news
    this.#dialled = dialled;
    await new Promise((resolve) => setImmediate(resolve));
    try {
      await using ledger = await this.#openLedger();
      await this.#carry(ledger);
    } finally {
      this.#given.abort();
      await this.#dialled?.catch(() => undefined);
      await this.#close();
    }
  }

  async #carry(ledger: Ledger): Promise<void> {
    const { choices, watcher, log } = this.#request;
    this.#exceptions = new ExceptionBook(await ledger.exceptions());
    for (const { id } of await ledger.intents()) this.#intents = Math.max(this.#intents, id);
    this.#firstIntent = this.#intents + 1;
    const close = (): void => void this.#close();
    this.#signal.addEventListener('abort', close);
    const rest = new Rest(this.#clock, log);
    try {
      for (;;) {
        const before = this.#carried();
        await this.#pass(ledger);
        const { followSeconds } = choices;
        if (followSeconds === null || choices.dryRun) return await this.#request.atTheEnd?.(ledger);
        watcher.caughtUp(this.report(0, null));
        this.#signal.throwIfAborted();
        const source = this.#source as Source;
        const lives = await rest.between(source, followSeconds * 1000, this.#carried() !== before, this.#signal);
        if (!lives) await this.#close();
      }
    } finally {
      this.#signal.removeEventListener('abort', close);
      await this.#close();
      await ledger.write([]);
    }
  }

  async #openLedger(): Promise<Ledger> {
    const { pair, choices } = this.#request;
    const ledger = typeof this.#request.ledger === 'function' ? await this.#request.ledger() : this.#request.ledger;
    return choices.dryRun ? dryLedger(await ledger.peek(pair)) : ledger.claim(pair);
  }

  /** As many attempts as it takes to see one through. */
  async #pass(ledger: Ledger): Promise<void> {
    const { log, chance } = this.#request;
    const patience = new Patience(chance);
    for (let isFirst = true; ; isFirst = false) {
      const before = this.#carried();
      let isOpen = false;
      try {
        const opening = this.#dialled ?? this.#open();
        this.#dialled = null;
        await opening;
        isOpen = true;
        this.#signal.throwIfAborted();
        patience.opened();
        // An attempt that broke may have noted what it came no further to write down.
        this.#exceptions = new ExceptionBook(await ledger.exceptions());
        await attempt(this.#engine(ledger), { firstIntentOfRun: this.#firstIntent, isFirst });
        return;
      } catch (error) {
        await this.#close();
        this.#signal.throwIfAborted();
        if (this.#request.opensOnce && !isOpen) throw error;
        const verdict = patience.after(error, this.#carried() !== before);
        if (!verdict.again) throw error;
        const why = error instanceof Fault ? error.code : 'look-again';
        log.warn('trying again', { why, text: (error as Error).message, waitMs: verdict.waitMs });
        if (verdict.waitMs > 0) await this.#clock.sleep(verdict.waitMs, this.#signal);
      }
    }
  }

  #carried(): number {
    return this.#tally.copied + this.#tally.flagsChanged + this.#tally.removed;
  }

  async #open(): Promise<void> {
    if (this.#source && this.#target) return;
    const { openSource, openTarget } = this.#request;
    // When one side cannot be had, nobody waits for the other: it may be one that says nothing for a minute.
    const other = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#given.signal, other.signal]);
    let first: { readonly error: unknown } | null = null;
    const fail = (error: unknown): null => {
      first ??= { error };
      other.abort();
      return null;
    };
    const [source, target] = await Promise.all([openSource(signal).catch(fail), openTarget(signal).catch(fail)]);
    this.#source = source;
    this.#target = target;
    if (first !== null) throw (first as { readonly error: unknown }).error;
  }

  async #close(): Promise<void> {
    const open = [this.#source, this.#target];
    this.#source = null;
    this.#target = null;
    await Promise.all(open.map((end) => end?.[Symbol.asyncDispose]()));
  }

  #engine(ledger: Ledger): Engine {
    const { choices, watcher, log, pace, at } = this.#request;
    if (!this.#source || !this.#target) throw fault('internal', { detail: 'an attempt without both ends' });
    return {
      source: this.#source,
      target: choices.dryRun ? dryTarget(this.#target) : this.#target,
      ledger,
      elements: new ElementMaker(ledger.digestKey),
      choices,
      watcher,
      pace,
      log,
      tally: this.#tally,
      exceptions: this.#exceptions,
      suspects: this.#suspects,
      troubles: [],
      doubted: new Set(),
      sightings: this.#sightings,
      targetStates: new TargetStates(),
      foreign: this.#request.foreign ?? (() => undefined),
      at: at ?? (() => undefined),
      nextIntent: () => ++this.#intents,
    };
  }

  report(milliseconds: number, ended: unknown): MailboxReport {
    const { pair, choices } = this.#request;
    const problem = ended === null ? null : this.#asFault(ended);
    return mailboxReport(pair, this.#tally, this.#exceptions, milliseconds, choices.dryRun, problem);
  }

  #asFault(error: unknown): Fault {
    if (this.#signal.aborted) return fault('interrupted', { by: 'a signal' }, { cause: error });
    if (error instanceof Fault) return error;
    if (error instanceof LookAgain) return fault('sync.gave-up', { text: error.message }, { cause: error });
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.#request.log.error('fault of ours', { detail, stack: error instanceof Error ? (error.stack ?? '') : '' });
    return fault('internal', { detail }, { cause: error });
  }
}

export type { MailboxReport };
