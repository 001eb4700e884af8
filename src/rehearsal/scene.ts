/** All that a rehearsal is made of while it is played, and the hour on its clock. */

import type { PlanWindow } from '#domain/calendar.ts';
import type { Window } from '#domain/window.ts';
import { Agenda, type Happening } from './agenda.ts';
import { Cast } from './cast.ts';
import { Desk } from './desk.ts';
import { Diary } from './diary.ts';
import type { RehearsalOrder } from './order.ts';
import { Pace } from './pace.ts';
import { Platforms } from './platforms.ts';
import { Rooms } from './rooms.ts';
import { Sky } from './sky.ts';
import { Waves } from './waves.ts';

export interface Scene {
  readonly order: RehearsalOrder;
  readonly agenda: Agenda;
  readonly cast: Cast;
  readonly waves: Waves;
  readonly desk: Desk;
  readonly rooms: Rooms;
  readonly sky: Sky;
  readonly platforms: Platforms;
  readonly pace: Pace;
  readonly diary: Diary;
  /** By mailbox: how far it was behind at its last look. */
  readonly lag: Float32Array;
  /** And when that was, for who was looked at in a pass of their own; and when it settled. */
  readonly lookedAt: Float64Array;
  readonly settledAt: Float64Array;
  /** From the first copy to a day after the last window. */
  readonly span: Window;
  /** When the last window closes in which the plan has somebody. */
  plannedFinish: number;
  now: number;
  /** Connections that following holds while nobody waits for a window. */
  following: number;
  /** The time between two looks at a mailbox that follows, as it has become. */
  lookEveryMs: number;
  /** How many times as long everything takes at the moment. */
  times: number;
  /** What the agenda holds already: the next look of the desk, and the next question whether a platform gives more. */
  lookAt: number;
  askAt: number;
  /** Until then nobody begins anything: a platform rests, or is not to be reached. */
  restsUntil: number;
  lastLookAt: number;
  /** Entries of the agenda that are about one mailbox. */
  personal: number;
  /** Who has settled, in the order in which they have, and how far the list was gone through for releases. */
  readonly settled: { readonly mailbox: number; readonly at: number }[];
  released: number;
  /** When a wave paused by itself; 0 where it has not. */
  readonly pausedAt: Float64Array;
}

const dayMs = 24 * 3_600_000;

export function sceneOf(order: RehearsalOrder, joiners: number): Scene {
  const { windows, weather, habits, rates, seed } = order;
  const span = spanOf(windows, habits.aheadMs);
  const cast = new Cast(order, joiners);
  const waves = new Waves(windows, cast, habits.errorBudget);
  const lag = new Float32Array(cast.most);
  const sky = new Sky(weather, seed, span);
  return {
    order,
    agenda: new Agenda(),
    cast,
    waves,
    desk: new Desk(cast, waves, lag),
    rooms: new Rooms(order, cast, waves),
    sky,
    platforms: new Platforms(order.platforms, order.hands, sky),
    pace: new Pace(rates, seed),
    diary: new Diary(order, cast),
    lag,
    lookedAt: new Float64Array(cast.most),
    settledAt: new Float64Array(cast.most),
    span,
    plannedFinish: span.closesAt,
    now: span.opensAt,
    following: 0,
    lookEveryMs: habits.followEveryMs,
    times: 1,
    lookAt: Number.POSITIVE_INFINITY,
    askAt: Number.POSITIVE_INFINITY,
    restsUntil: Number.NEGATIVE_INFINITY,
    lastLookAt: Number.NEGATIVE_INFINITY,
    personal: 0,
    settled: [],
    released: 0,
    pausedAt: new Float64Array(windows.length),
  };
}

/** Enters something that will happen to one mailbox. */
export function later(scene: Scene, at: number, what: Happening, mailbox: number): void {
  scene.personal++;
  scene.agenda.add(at, what, mailbox);
}

function spanOf(windows: readonly PlanWindow[], aheadMs: number): Window {
  const first = Math.min(...windows.map(({ opensAt }) => opensAt));
  return { opensAt: first - aheadMs - dayMs, closesAt: Math.max(...windows.map(({ closesAt }) => closesAt)) + dayMs };
}
