/**
 * A rehearsal on its way: the virtual clock goes from one thing that happens to the next. It can be stopped at any hour, so that
 * somebody may watch it as if it were the real programme, and goes on as if it had not been.
 */

import type { Happening } from './agenda.ts';
import type { RehearsalOrder } from './order.ts';
import type { Rehearsal, Stand } from './outcome.ts';
import { outcomeOf } from './closing.ts';
import { decideOnTheEve, joinersOf, letJoin, sendHome } from './people.ts';
import { type Scene, sceneOf } from './scene.ts';
import { closeWindow, goOn, openWindow, planAll, resumeWave, startWave } from './windows.ts';
import { breakOff, endWork, workOn } from './work.ts';

export interface Play {
  /** By the virtual clock, in milliseconds since 1970. */
  readonly now: number;
  readonly begins: number;
  /** At the latest. */
  readonly ends: number;
  readonly isOver: boolean;
  /** Plays on until that moment, or the end. */
  until(at: number): void;
  stand(): Stand;
  /** Of what has been played. */
  outcome(): Rehearsal;
}

export function beginRehearsal(order: RehearsalOrder): Play {
  const scene = sceneOf(order, joinersOf(order));
  planAll(scene);
  for (const at of scene.sky.changes()) scene.agenda.add(at, 'weather', 0);
  scene.agenda.add(scene.span.opensAt, 'hour', 0);
  let isOver = false;
  return {
    get now() {
      return scene.now;
    },
    begins: scene.span.opensAt,
    ends: scene.span.closesAt,
    get isOver() {
      return isOver;
    },
    until(at) {
      while (!isOver && scene.agenda.nextAt <= at) {
        goOneStep(scene);
        isOver = scene.agenda.size === 0;
      }
      if (!isOver && Number.isFinite(at)) scene.now = Math.max(scene.now, at);
    },
    stand: () => scene.cast.stand(scene.now),
    outcome: () => outcomeOf(scene),
  };
}

/** One thing happens, and workers look whether there is something to do. */
function goOneStep(scene: Scene): void {
  const { agenda } = scene;
  const [at, what, whom] = [agenda.nextAt, agenda.nextWhat, agenda.nextWhom];
  agenda.shift();
  scene.now = at;
  happen(scene, what, whom);
  workOn(scene);
  lookSoon(scene);
}

function happen(scene: Scene, what: Happening, whom: number): void {
  const { cast, now } = scene;
  switch (what) {
    case 'weather':
      if (scene.platforms.turn(now)) breakOff(scene);
      return;
    case 'hour':
      return passAnHour(scene);
    case 'wave-starts':
      return startWave(scene, whom);
    case 'eve':
      return decideOnTheEve(scene, whom);
    case 'window-opens':
      return openWindow(scene, whom);
    case 'window-closes':
      return closeWindow(scene, whom);
    case 'wave-resumes':
      return resumeWave(scene, whom);
    case 'look':
      scene.lookAt = Number.POSITIVE_INFINITY;
      scene.lastLookAt = now;
      return scene.desk.look(now);
    case 'ask':
      scene.askAt = Number.POSITIVE_INFINITY;
      return;
    case 'work-ends':
      scene.personal--;
      // What was broken off has not ended now.
      if (cast.endsAt[whom] === now) endWork(scene, whom);
      return;
    case 'due':
      scene.personal--;
      if (cast.dueAt[whom] === now && cast.endsAt[whom] === 0) goOn(scene, whom);
      return;
    case 'mended':
      scene.personal--;
      scene.waves.mended(whom);
      cast.mark(whom, 'blocked', false);
      return goOn(scene, whom);
    case 'let-go':
      scene.personal--;
      cast.mark(whom, 'held', false);
      return goOn(scene, whom);
    case 'goes-back':
      scene.personal--;
      return sendHome(scene, whom);
  }
}

/** At most one look a second, as the real releaser looks; and none where nobody would be found. */
function lookSoon(scene: Scene): void {
  if (!scene.desk.isHungry) return;
  const at = Math.max(scene.now, scene.lastLookAt + lookMs);
  if (scene.lookAt <= at) return;
  scene.lookAt = at;
  scene.agenda.add(at, 'look', 0);
}

const lookMs = 1_000;
const hourMs = 3_600_000;
const dayHours = 24;

/** What is reckoned for all together: following, releases, joiners, and the page of the day. */
function passAnHour(scene: Scene): void {
  const { cast, diary, now, span } = scene;
  followAll(scene);
  releaseSome(scene);
  letJoin(scene);
  scene.agenda.add(now + hourMs, 'hour', 0);
  const hours = Math.round((now - span.opensAt) / hourMs);
  if (hours % dayHours !== 0) return;
  const stand = cast.stand(now);
  diary.day({ ...stand, lookEveryMs: scene.lookEveryMs });
  if (now >= span.closesAt || isAtTheEnd(scene, stand)) scene.agenda.clear();
}

/**
 * Looks stand in one row with copies, by when they were due: while copies wait, each look waits as long as the first of them has.
 * Where they alone are more than the platforms bear, the time between two looks grows until they are not.
 */
function followAll(scene: Scene): void {
  const { cast, pace, platforms, desk, order, now } = scene;
  const followers = cast.countAt('following') + cast.countAt('settled');
  const allowed = platforms.allowed(now);
  let everyMs = order.habits.followEveryMs + desk.waitedMs(now);
  for (let tries = 0; tries < 50 && pace.followLoad(followers, everyMs) > allowed; tries++) everyMs *= 1.25;
  scene.lookEveryMs = everyMs;
  const { items, bytes } = pace.newIn(followers);
  platforms.followedPerMs = { items: items + followers / everyMs, bytes };
  // One is left for copies, whatever the looks take.
  scene.following = Math.min(Math.floor(pace.followLoad(followers, everyMs)), allowed - 1);
}

/** Whose way back has been kept open for long enough. */
function releaseSome(scene: Scene): void {
  const { cast, settled, settledAt, order, now } = scene;
  const { releaseAfterMs } = order.habits;
  if (releaseAfterMs === null) return;
  for (; scene.released < settled.length; scene.released++) {
    const { mailbox, at } = settled[scene.released] as Scene['settled'][number];
    if (at + releaseAfterMs > now) return;
    // Who went home and came again stands further down once more.
    if (settledAt[mailbox] !== at) continue;
    if (cast.isAt(mailbox, 'settled') && cast.marks[mailbox] === 0) cast.step(mailbox, 'release');
  }
}

/** Everybody is where they will stay. */
function isAtTheEnd({ personal, waves }: Scene, stand: Stand): boolean {
  const { at, planned, copying, following, switching, returning, held, blocked } = stand;
  if (personal > 0 || at < waves.lastClosesAt) return false;
  return planned + copying + following + switching + returning + held + blocked === 0;
}
