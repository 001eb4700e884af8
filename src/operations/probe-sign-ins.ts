/**
 * Real sign-ins to a mailbox while it changes sides, through the proxy that people use: every quarter of a second from just before the
 * hold until one that began after the turn has got in. They tell for how long nobody would have got in. Bounded in number, for one
 * mailbox and for all together; who finds no room is known by our own stamps.
 */

import { unnoticedMs } from '#domain/attempt-fold.ts';
import type { AttemptsFound } from '#domain/interruption.ts';
import type { Named } from '#domain/platform.ts';
import { type SignInGap, signInGap, type TriedSignIn, usualOf } from '#domain/sign-in-gap.ts';
import type { Log } from '#lib/log.ts';
import type { TrySignIn } from '#ports/interruptions.ts';

export interface SignInProbesOptions {
  readonly attempt: TrySignIn;
  /** Under way at a time, of all mailboxes together. */
  readonly atOnce: number;
  /** Made in a minute, of all together: a door refuses one client more than it has room for, and that would look like an interruption. */
  readonly perMinute: number;
  readonly log: Log;
  readonly everyMs?: number;
  readonly giveUpMs?: number;
  /** Milliseconds from any beginning, never set. */
  readonly now?: () => number;
}

export interface SignInProbes {
  /** Somebody is about to change sides. */
  watch(mailbox: Named & { readonly id: number }): SignInWatch;
}

/** The probes of one switch; once it is disposed of nothing is tried any more. */
export interface SignInWatch extends Disposable {
  /**
   * Sees how long a sign-in takes while nobody waits, where that was not seen of this mailbox a while ago. Where none gets in nothing is
   * tried later either.
   */
  seeUsual(signal: AbortSignal): Promise<void>;
  /** Tries from now on. */
  begin(): void;
  /**
   * The route has been turned: what was found, once somebody has got in since. Where nobody does for too long, that it was at least so
   * long. Null where that is not known, or `signal` fires first.
   */
  end(signal: AbortSignal): Promise<AttemptsFound | null>;
}

const usualEveryMs = 250;
/** After the turn somebody gets in within moments; else it is no interruption of the switch, but a platform that is away. */
const usualGiveUpMs = 20_000;
const usualTimes = 3;
/** A proxy that does not answer keeps nobody from switching. */
const usualMaxMs = 10_000;
/** Whoever waits for others to switch with comes again and again, and is not tried anew each time. */
const knownForMs = 10 * 60_000;
const knownMost = 10_000;
/** While a sign-in waits at a door others are made, but not without end: they would all come in at once. */
const ofOneMost = 8;
/** So many a switch takes; who begins with fewer left would stop in the middle. */
const ofOneLeast = 15;

const steadily = (): number => performance.now();

/** Probes by one worker; all of its switches share their bounds. */
export function signInProbes(options: SignInProbesOptions): SignInProbes {
  const [places, usual] = [new Places(options), new UsualTimes(options.now ?? steadily)];
  return { watch: (mailbox) => new Watch(mailbox, options, places, usual) };
}

/** How many may be under way, and how many may be made: as many as have gathered, at most those of a minute. */
class Places {
  free: number;
  #left: number;
  #at: number;
  readonly #now: () => number;
  readonly #perMinute: number;

  constructor({ atOnce, perMinute, now = steadily }: Pick<SignInProbesOptions, 'atOnce' | 'perMinute' | 'now'>) {
    this.#now = now;
    this.#at = now();
    this.free = atOnce;
    this.#left = perMinute;
    this.#perMinute = perMinute;
  }

  /** How many may be made now, with those that have gathered since it was asked last. */
  gathered(): number {
    const now = this.#now();
    this.#left = Math.min(this.#perMinute, this.#left + ((now - this.#at) * this.#perMinute) / 60_000);
    this.#at = now;
    return this.#left;
  }

  made(): void {
    this.#left = Math.max(0, this.gathered() - 1);
  }
}

/** What is usual of each mailbox, in milliseconds, for as long as it is believed; null where nobody got in. */
class UsualTimes {
  /** By mailbox; the oldest first. */
  readonly #known = new Map<number, { readonly ms: number | null; readonly at: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Undefined where that is not known. */
  of(mailbox: number): number | null | undefined {
    const known = this.#known.get(mailbox);
    return known && this.#now() - known.at < knownForMs ? known.ms : undefined;
  }

  keep(mailbox: number, ms: number | null): void {
    const [oldest] = this.#known.keys();
    this.#known.delete(mailbox);
    if (this.#known.size >= knownMost && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(mailbox, { ms, at: this.#now() });
  }
}

class Watch implements SignInWatch {
  readonly #mailbox: Named & { readonly id: number };
  readonly #options: SignInProbesOptions;
  readonly #places: Places;
  readonly #usual: UsualTimes;
  readonly #now: () => number;
  readonly #over = new AbortController();
  readonly #tried: TriedSignIn[] = [];
  #usualMs: number | null = null;
  /** When those began that are under way. */
  readonly #underWay = new Set<{ readonly fromMs: number }>();
  /** From then on a few more are made whatever their number. */
  #isTurned = false;
  #timer: NodeJS.Timeout | undefined;
  #heard: () => void = () => undefined;

  constructor(
    mailbox: Named & { readonly id: number },
    options: SignInProbesOptions,
    places: Places,
    usual: UsualTimes,
  ) {
    this.#mailbox = mailbox;
    this.#options = options;
    this.#places = places;
    this.#usual = usual;
    this.#now = options.now ?? steadily;
  }

  async seeUsual(signal: AbortSignal): Promise<void> {
    const { id } = this.#mailbox;
    const known = this.#usual.of(id);
    if (known === undefined && this.#places.gathered() < ofOneLeast) return;
    const usual = known === undefined ? await this.#tryUsual(signal) : known;
    this.#usualMs = usual ?? null;
    if (known === undefined && usual !== undefined && !signal.aborted) this.#usual.keep(id, usual);
  }

  begin(): void {
    if (this.#usualMs === null || this.#timer !== undefined) return;
    const each = (): void => void this.#tryAndHear();
    each();
    this.#timer = setInterval(each, this.#options.everyMs ?? usualEveryMs);
  }

  async end(signal: AbortSignal): Promise<AttemptsFound | null> {
    if (this.#timer === undefined || this.#usualMs === null) return null;
    const turnedMs = this.#now();
    this.#isTurned = true;
    const isOver = (): boolean => this.#tried.some(({ fromMs, isIn }) => isIn && fromMs >= turnedMs);
    await new Promise<void>((resolve) => {
      const ended = (): void => {
        clearTimeout(late);
        signal.removeEventListener('abort', ended);
        resolve();
      };
      const late = setTimeout(ended, this.#options.giveUpMs ?? usualGiveUpMs);
      signal.addEventListener('abort', ended, { once: true });
      this.#heard = () => {
        if (isOver() || signal.aborted) ended();
      };
      this.#heard();
    });
    const gap = isOver()
      ? signInGap(this.#tried, this.#usualMs)
      : signal.aborted
        ? null
        : this.#gapSoFar(this.#usualMs);
    this[Symbol.dispose]();
    if (!isOver()) this.#options.log.warn('no probe was let in after a switch', { mailbox: this.#mailbox.id });
    if (gap === null) return null;
    const { ms, beganMs, endedMs } = gap;
    const ago = (at: number): number => Math.round(this.#now() - at);
    return { mailbox: this.#mailbox.id, kind: 'sign-in', ms, beganAgoMs: ago(beganMs), endedAgoMs: ago(endedMs) };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#over.abort();
  }

  /** Whoever still waits has not got in either. Null where nobody was refused or kept waiting: then there was no room to try. */
  #gapSoFar(usualMs: number): SignInGap | null {
    const nowMs = this.#now();
    const waiting = [...this.#underWay]
      .filter(({ fromMs }) => nowMs - fromMs > usualMs + unnoticedMs)
      .map(({ fromMs }) => ({ fromMs, untilMs: nowMs, isIn: false }));
    const gap = signInGap([...this.#tried, ...waiting], usualMs, nowMs);
    return gap !== null && gap.ms > 0 ? gap : null;
  }

  /** Null where one of them is not let in; undefined where there was no room to try. */
  async #tryUsual(signal: AbortSignal): Promise<number | null | undefined> {
    const within = AbortSignal.any([signal, this.#over.signal, AbortSignal.timeout(usualMaxMs)]);
    const seen: TriedSignIn[] = [];
    for (let i = 0; i < usualTimes; i++) {
      const tried = await this.#tryOnce(within);
      if (tried?.isIn) {
        seen.push(tried);
        continue;
      }
      if (tried === null && !within.aborted) return undefined;
      this.#options.log.warn('a probe is not let in, and what the switch takes is known by our own stamps', {
        mailbox: this.#mailbox.id,
      });
      return null;
    }
    return usualOf(seen);
  }

  async #tryAndHear(): Promise<void> {
    if (this.#underWay.size >= ofOneMost || (!this.#isTurned && this.#places.gathered() < 1)) return;
    const tried = await this.#tryOnce(this.#over.signal);
    if (tried !== null) this.#tried.push(tried);
    this.#heard();
  }

  /** Null where there was no room, or where it says nothing. */
  async #tryOnce(signal: AbortSignal): Promise<TriedSignIn | null> {
    if (this.#places.free <= 0 || signal.aborted) return null;
    this.#places.free--;
    this.#places.made();
    const fromMs = this.#now();
    const underWay = { fromMs };
    this.#underWay.add(underWay);
    try {
      const tried = await this.#options.attempt(this.#mailbox, signal);
      return tried === 'not-counted' ? null : { fromMs, untilMs: this.#now(), isIn: tried === 'in' };
    } catch (error) {
      // Nothing that a probe meets is to keep anybody from switching. The name of an error holds no secret; its words might.
      this.#options.log.warn('a probe could not be made', { text: error instanceof Error ? error.name : '' });
      return null;
    } finally {
      this.#places.free++;
      this.#underWay.delete(underWay);
    }
  }
}
