/**
 * One visit to a mailbox on both platforms: how many connections it may open there, at which pace, and what it sees of each of
 * them. It is broken off where a platform turns out to be in trouble that is not this mailbox's own: then nobody signs in, and
 * the visit is made again when the governor lets it.
 */

import type { SessionPace } from '#protocols/imap/index.ts';
import { Fault } from '#domain/fault.ts';
import { mailboxWaitMs } from '#domain/governor.ts';
import { type SideName, sideNames } from '#domain/platform.ts';
import { type Sighting, sightingOf } from '#domain/sighting.ts';
import type { Clock } from '#lib/clock.ts';
import { type Berth, Berths } from '#worker/berths.ts';
import type { Lookout } from '#worker/lookout.ts';
import type { Paces } from '#worker/paces.ts';

export interface VisitParts {
  readonly lookouts: Readonly<Record<SideName, Lookout>>;
  readonly paces: Paces;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Why a visit was broken off. */
export type Interruption =
  /** Nobody signs in on that side at the moment. */
  | { readonly kind: 'shut'; readonly side: SideName }
  /** The platform asked this mailbox for patience, longer than one keeps connections open for. */
  | { readonly kind: 'asked'; readonly waitMs: number };

/** Longer than this nobody waits with connections in hand. */
const patienceMs = 30_000;

export class Visit {
  /** As many as were leased. */
  readonly connections: Readonly<Record<SideName, number>>;
  readonly #parts: VisitParts;
  readonly #mailbox: number;
  readonly #berths: Readonly<Record<SideName, Berths>>;
  readonly #broken = new AbortController();
  readonly #refusedOn = new Set<SideName>();
  #interruption: Interruption | null = null;
  #askedMs = 0;

  constructor(parts: VisitParts, mailbox: number, connections: Readonly<Record<SideName, number>>) {
    this.#parts = parts;
    this.#mailbox = mailbox;
    this.connections = connections;
    const berths = sideNames.map((side) => [side, new Berths(connections[side], parts.clock)] as const);
    this.#berths = Object.fromEntries(berths) as Record<SideName, Berths>;
  }

  /** Fires when it is broken off. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  get interruption(): Interruption | null {
    return this.#interruption;
  }

  /** For how long the platforms asked this mailbox to be left alone, in milliseconds. */
  get askedMs(): number {
    return this.#askedMs;
  }

  /** Where a sign-in failed, which may be held against the mailbox by now. */
  get refusedOn(): ReadonlySet<SideName> {
    return this.#refusedOn;
  }

  pace(side: SideName): SessionPace {
    return this.#parts.paces.of(side);
  }

  /** Room for one more connection; rejects where nobody signs in. */
  async berth(side: SideName, signal: AbortSignal): Promise<Berth> {
    this.#heedShut(side);
    this.#broken.signal.throwIfAborted();
    return this.#berths[side].take(signal);
  }

  signedIn(side: SideName): void {
    this.#parts.lookouts[side].note({ kind: 'signed-in', mailbox: this.#mailbox });
  }

  /** In the middle of it the platform said something of itself, or hung up. */
  troubled(side: SideName, fault: Fault): void {
    const seen = sightingOf(fault, this.#mailbox, false);
    if (!seen) return;
    this.#heed(seen);
    // Whoever ends at this moment has no ears for what follows from it.
    this.#parts.lookouts[side].tell(seen).catch(() => undefined);
  }

  /** Opens one end, and tells the governor how that went where it went wrong. */
  async open<End>(side: SideName, open: (signal: AbortSignal) => Promise<End>, signal: AbortSignal): Promise<End> {
    try {
      return await open(signal);
    } catch (error) {
      const seen = error instanceof Fault && !signal.aborted ? sightingOf(error, this.#mailbox, true) : null;
      if (!seen) throw error;
      if (seen.kind === 'sign-in-failed') this.#refusedOn.add(side);
      this.#heed(seen);
      await this.#parts.lookouts[side].tell(seen);
      this.#heedShut(side);
      throw error;
    }
  }

  /** Resolves when the server counts none of its connections any more. */
  async allLeft(): Promise<void> {
    await Promise.all(sideNames.map((side) => this.#berths[side].allLeft()));
  }

  #heedShut(side: SideName): void {
    if (this.#parts.lookouts[side].shut) this.#breakOff({ kind: 'shut', side });
  }

  #heed(seen: Sighting): void {
    const waitMs = mailboxWaitMs(seen) ?? 0;
    this.#askedMs = Math.max(this.#askedMs, waitMs);
    const isNamed = 'waitMs' in seen && seen.waitMs !== null;
    if (isNamed && waitMs > patienceMs) this.#breakOff({ kind: 'asked', waitMs });
  }

  #breakOff(interruption: Interruption): void {
    this.#interruption ??= interruption;
    this.#broken.abort(new Error(`broken off: ${interruption.kind}`));
  }
}
