/**
 * Rehearses a plan: once in full, and again with other seeds so that the finish has a range; at full speed, or as a programme to
 * watch, some thousand times as fast as a real one.
 */

import { setImmediate as aMoment } from 'node:timers/promises';
import type { Clock } from '#lib/clock.ts';
import type { RehearsalOrder } from '#rehearsal/order.ts';
import type { Rehearsal, Stand } from '#rehearsal/outcome.ts';
import { beginRehearsal, type Play } from '#rehearsal/play.ts';
import { inShort, type RunInShort, type Runs } from '#rehearsal/runs.ts';

/** Where nobody says otherwise. */
export const runsUsual = 5;

export interface RehearseWatcher {
  /** From 0 on. */
  begins(run: number): void;
  /** How it stands, at least once for each day of the programme. */
  stands(stand: Stand, over: Over): void;
}

/** From when to when a programme goes at the longest. */
export interface Over {
  readonly begins: number;
  readonly ends: number;
}

export interface RehearseRequest {
  readonly order: RehearsalOrder;
  /** At least one: so many seeds, from that of the order on. */
  readonly runs: number;
  /** The first run at so many times the speed of real time; null: as fast as it goes. */
  readonly speed: number | null;
  readonly watcher: RehearseWatcher;
  readonly clock: Clock;
}

/** Rejects with the signal's reason. */
export async function rehearsePlan(request: RehearseRequest, signal: AbortSignal): Promise<Runs> {
  const { order, runs, speed, watcher } = request;
  watcher.begins(0);
  const told = await played(request, beginRehearsal(order), speed, signal);
  const all: RunInShort[] = [inShort(told)];
  for (let run = 1; run < runs; run++) {
    watcher.begins(run);
    const other = beginRehearsal({ ...order, seed: order.seed + run });
    all.push(inShort(await played(request, other, null, signal)));
  }
  return { told, runs: all };
}

const dayMs = 24 * 3_600_000;
/** A picture that moves is drawn as often as that. */
const frameMs = 100;

async function played(
  { watcher, clock }: RehearseRequest,
  play: Play,
  speed: number | null,
  signal: AbortSignal,
): Promise<Rehearsal> {
  const over = { begins: play.begins, ends: play.ends };
  const startedAt = clock.now();
  for (let at = play.begins; !play.isOver; ) {
    signal.throwIfAborted();
    play.until(at);
    watcher.stands(play.stand(), over);
    if (speed === null) {
      at += dayMs;
      await aMoment();
    } else {
      await clock.sleep(frameMs, signal);
      at = play.begins + (clock.now() - startedAt) * speed;
    }
  }
  return play.outcome();
}
