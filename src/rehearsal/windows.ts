/** What happens to a wave: it is started, its window opens and closes, it pauses by itself and somebody resumes it. */

import { type Stage, stages } from '#domain/journey.ts';
import { noWave } from './cast.ts';
import { type Reason, reasons } from './outcome.ts';
import { later, type Scene } from './scene.ts';

/** Everybody is where the plan puts them, and all that is known beforehand stands in the agenda. */
export function planAll(scene: Scene): void {
  const { order, cast, agenda, span } = scene;
  for (let mailbox = 0; mailbox < order.roster.size; mailbox++) {
    const window = order.window[mailbox] as number;
    if (window < 0) continue;
    scene.diary.planned(window, cast.sizeBytes[mailbox] as number);
    putInto(scene, mailbox, window);
  }
  scene.plannedFinish = Math.max(span.opensAt + 1, scene.waves.lastClosesAt);
  const { aheadMs } = order.habits;
  for (const [window, { opensAt, closesAt }] of order.windows.entries()) {
    agenda.add(opensAt - aheadMs, 'wave-starts', window);
    agenda.add(Math.max(span.opensAt, opensAt - eveMs), 'eve', window);
    agenda.add(opensAt, 'window-opens', window);
    agenda.add(closesAt, 'window-closes', window);
  }
}

/** The evening before. */
const eveMs = 24 * 3_600_000;

export function startWave(scene: Scene, wave: number): void {
  scene.waves.move(wave, 'start');
  scene.desk.start(wave);
}

export function openWindow(scene: Scene, wave: number): void {
  const { waves, now } = scene;
  if (!waves.isOpen(wave, now)) return;
  scene.times = scene.sky.isSlow(wave) ? scene.order.weather.slow.times : 1;
  const ready = whoIsReady(scene, wave);
  if (scene.order.windows[wave]?.opensAt === now) scene.diary.ready(wave, ready.length);
  scene.desk.open(wave, ready);
}

/** Whoever has not switched goes to a later window, where there is one, or waits for what keeps them. */
export function closeWindow(scene: Scene, wave: number): void {
  const { cast, waves, diary, desk } = scene;
  scene.times = 1;
  const pausedAt = scene.pausedAt[wave] as number;
  const { opensAt, closesAt } = waves.of(wave);
  if (pausedAt > 0) diary.paused(wave, closesAt - Math.max(opensAt, pausedAt));
  desk.end(wave);
  const common = commonReason(scene, wave);
  for (const mailbox of waves.members(wave)) {
    if (cast.wave[mailbox] !== wave) continue;
    const stage = stages[cast.stage[mailbox] as number] as Stage;
    // Who is home, or on the way between the two sides, which is seen through whatever the hour.
    if (stage !== 'planned' && stage !== 'copying' && stage !== 'following') continue;
    // It switched, and went home again meanwhile.
    if (diary.switchedInto(mailbox) === wave) continue;
    diary.missed(wave, mailbox, reasonOf(scene, mailbox, wave, stage, common));
    if (cast.marks[mailbox] === 0) moveOn(scene, mailbox);
  }
  careForWave(scene, wave);
}

export function resumeWave(scene: Scene, wave: number): void {
  const { waves, diary, desk, now } = scene;
  if (waves.of(wave).state !== 'paused') return;
  const { opensAt, closesAt } = waves.of(wave);
  const pausedAt = Math.max(scene.pausedAt[wave] as number, opensAt);
  if (now < closesAt && now > pausedAt) diary.paused(wave, now - pausedAt);
  scene.pausedAt[wave] = 0;
  waves.move(wave, 'resume');
  desk.resume(wave);
  openWindow(scene, wave);
  careForWave(scene, wave);
}

/** What the leader does with it, and when a person answers. */
export function careForWave(scene: Scene, wave: number): void {
  if (scene.waves.care(wave, scene.now) !== 'pause') return;
  scene.diary.pauses(wave);
  scene.pausedAt[wave] = scene.now;
  scene.agenda.add(scene.now + scene.order.weather.people.resumeMs, 'wave-resumes', wave);
}

/** A mailbox whose mark is gone: it goes on, in its window or in a later one. */
export function goOn(scene: Scene, mailbox: number): void {
  const { cast, waves, desk, now } = scene;
  if (cast.marks[mailbox] !== 0) return;
  const wave = cast.wave[mailbox] as number;
  const stage = stages[cast.stage[mailbox] as number] as Stage;
  const isWaiting = stage === 'planned' || stage === 'copying' || stage === 'following';
  if (wave !== noWave && isWaiting && waves.of(wave).closesAt <= now) moveOn(scene, mailbox);
  else desk.due(mailbox, now);
}

/** Out of its wave and into that of the first later window that may have it. What was copied rests until then. */
export function moveOn(scene: Scene, mailbox: number): void {
  const { cast, rooms, waves, diary, now } = scene;
  const from = cast.wave[mailbox] as number;
  const to = rooms.find(mailbox, now);
  // Who is in work just then is put into the other wave as they are.
  if (cast.endsAt[mailbox] === 0) {
    if (!cast.isAt(mailbox, 'planned')) cast.step(mailbox, 'stand-down');
    cast.step(mailbox, 'unplan');
    cast.putInto(mailbox, noWave);
  }
  // Who came home and goes again has missed nothing.
  const missed = diary.switchedInto(mailbox) === from ? null : from;
  if (to < 0) {
    // Who is in work is asked once more when that has ended, and counted then.
    if (missed !== null && cast.wave[mailbox] === noWave) diary.nowhere(missed);
    return;
  }
  diary.movedIn(to, missed);
  if (cast.endsAt[mailbox] === 0) putInto(scene, mailbox, to);
  else {
    waves.add(to, mailbox);
    rooms.take(to, mailbox);
  }
  if (!rooms.goesLast(mailbox)) keepOrder(scene, mailbox);
}

/** A person who goes later than planned, or has joined, takes along who has to go after the last of an organisation. */
export function keepOrder(scene: Scene, mailbox: number): void {
  const { cast, rooms, diary, now } = scene;
  for (const other of rooms.outOfOrder(cast.organisation[mailbox] as number, now)) {
    if (cast.marks[other] !== 0) continue;
    const window = cast.wave[other] as number;
    diary.missed(window, other, 'order');
    rooms.leave(window, other);
    moveOn(scene, other);
  }
}

/** Planned into a window. The copying begins with that of its wave, or at once where that has begun. */
export function putInto(scene: Scene, mailbox: number, window: number): void {
  const { cast, waves, rooms, desk, order, now } = scene;
  cast.step(mailbox, 'plan');
  // Due when its wave is started.
  cast.dueAt[mailbox] = Math.max(now, waves.of(window).opensAt - order.habits.aheadMs);
  waves.add(window, mailbox);
  rooms.take(window, mailbox);
  if (now > scene.span.opensAt) desk.due(mailbox, now);
}

/** Following, unmarked and due; each with how far it was behind at its last look. */
function whoIsReady(scene: Scene, wave: number): readonly number[] {
  const { cast, waves, pace, lag, now } = scene;
  const ready: number[] = [];
  for (const mailbox of waves.members(wave)) {
    if (cast.wave[mailbox] !== wave || !cast.isAt(mailbox, 'following') || cast.marks[mailbox] !== 0) continue;
    if (cast.isAwaited[mailbox] !== 0 || !waves.allows(wave, mailbox)) continue;
    const dueAt = cast.dueAt[mailbox] as number;
    if (dueAt > now) {
      later(scene, dueAt, 'due', mailbox);
      continue;
    }
    lag[mailbox] = pace.lagMs(mailbox, scene.lookEveryMs);
    ready.push(mailbox);
  }
  return ready;
}

/** Why somebody did not make it, the nearest cause first. */
function reasonOf(scene: Scene, mailbox: number, wave: number, stage: Stage, common: Reason): Reason {
  const { cast, waves } = scene;
  for (const mark of ['left', 'excluded', 'held', 'blocked'] as const) if (cast.has(mailbox, mark)) return mark;
  if (!waves.allows(wave, mailbox)) return 'dates';
  const hindrance = cast.hindrance[mailbox] as number;
  if (hindrance > 0) return reasons[hindrance - 1] as Reason;
  if (stage !== 'following') return waves.of(wave).state === 'paused' ? 'paused' : 'copying';
  return common;
}

/** What took most of a window's time from those whose turn never came. */
function commonReason(scene: Scene, wave: number): Reason {
  const { sky, waves, diary, order } = scene;
  const window = waves.of(wave);
  const lostMs = {
    outage: sky.outageMs(window),
    throttling: sky.throttledMs(window) * (1 - order.weather.throttling.to),
    paused: diary.pausedMs(wave),
    slow: sky.isSlow(wave) ? (window.closesAt - window.opensAt) * (1 - 1 / order.weather.slow.times) : 0,
  };
  const [most] = Object.entries(lostMs).toSorted(([, a], [, b]) => b - a) as [[keyof typeof lostMs, number]];
  return most[1] >= (window.closesAt - window.opensAt) * noticeableShare ? most[0] : 'capacity';
}

/** Less than this of a window is missed by nobody who had the rest of it. */
const noticeableShare = 0.05;
