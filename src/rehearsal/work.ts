/**
 * What a worker does with one mailbox: a first copy, a switch, a way home. How long it takes and whether it goes well is made up;
 * what follows from it is what `operations/travel.ts` does: the steps of the journey, the waits, the fifth try of a switch.
 */

import { connectionsFor } from '#domain/connections-for.ts';
import { afterFailure } from '#domain/next-try.ts';
import { type Choice, nextLookInMs, workFor } from '#domain/release.ts';
import { type Stage, stages } from '#domain/journey.ts';
import { noWave } from './cast.ts';
import { draw, drawWait, lots } from './draws.ts';
import { type Reason, reasons } from './outcome.ts';
import { later, type Scene } from './scene.ts';
import { careForWave, goOn } from './windows.ts';

/** Workers take what there is to do, as far as the platforms let them. */
export function workOn(scene: Scene): void {
  const { desk, platforms, agenda } = scene;
  if (scene.now < scene.restsUntil) return;
  for (let job = desk.jobs.first; job !== null; job = desk.jobs.first) {
    if (!isStillDue(scene, job)) {
      desk.takeFirst();
      desk.due(job.mailbox, scene.now);
      continue;
    }
    const besides = job.urgency > 1 ? 0 : scene.following;
    const admission = platforms.admit(job.mailbox, connectionsFor[job.work], besides, scene.now);
    if (admission.kind === 'wait') {
      if (admission.waitMs === null) return;
      const at = scene.now + admission.waitMs;
      if (admission.isForAll) scene.restsUntil = at;
      if (at >= scene.askAt) return;
      scene.askAt = at;
      agenda.add(at, 'ask', 0);
      return;
    }
    desk.takeFirst();
    setOut(scene, job.mailbox);
    if (admission.kind === 'refused') trouble(scene, job.mailbox, admission.why, admission.askedMs);
    else begin(scene, job.mailbox);
  }
}

/** A piece of work has come to its end, for good or ill. */
export function endWork(scene: Scene, mailbox: number): void {
  const { cast, platforms } = scene;
  cast.endsAt[mailbox] = 0;
  platforms.leave(mailbox);
  const turn = cast.passes[mailbox] as number;
  const part = partDone(scene, mailbox, turn);
  if (part === null) return succeed(scene, mailbox);
  cast.toCopy[mailbox] = (cast.toCopy[mailbox] as number) * (1 - part);
  if (isBlockedNow(scene, mailbox)) block(scene, mailbox);
  else trouble(scene, mailbox, 'failures', 0, part);
}

/** A platform has gone: all that was under way is broken off. */
export function breakOff(scene: Scene): void {
  const { cast, platforms } = scene;
  for (let mailbox = 0; mailbox < cast.size; mailbox++) {
    if (cast.endsAt[mailbox] === 0) continue;
    cast.endsAt[mailbox] = 0;
    platforms.leave(mailbox);
    trouble(scene, mailbox, 'outage', 0);
  }
}

/** Held, paused, moved or closed while the job waited: then it is not begun. */
function isStillDue(scene: Scene, { mailbox, work }: Choice): boolean {
  const { cast, waves, now } = scene;
  const wave = cast.wave[mailbox] as number;
  if (cast.marks[mailbox] !== 0 || wave === noWave) return false;
  const candidate = {
    mailbox,
    organisation: cast.organisation[mailbox] as number,
    stage: stageOf(scene, mailbox),
    wave,
    dueAt: cast.dueAt[mailbox] as number,
    mayMove: waves.allows(wave, mailbox),
    lagMs: null,
  };
  return workFor(candidate, waves.of(wave), now) === work;
}

/** The step with which a job begins. */
function setOut(scene: Scene, mailbox: number): void {
  const { cast } = scene;
  const stage = stageOf(scene, mailbox);
  if (stage === 'planned') cast.step(mailbox, 'start');
  else if (stage === 'following') cast.step(mailbox, 'switch');
}

function begin(scene: Scene, mailbox: number): void {
  const { cast, platforms, now } = scene;
  const turn = (cast.passes[mailbox] as number) + 1;
  cast.passes[mailbox] = turn;
  const { ms, items, bytes } = wholeWork(scene, mailbox, turn);
  const part = partDone(scene, mailbox, turn) ?? 1;
  // However fast the two sides are, no more goes than was agreed.
  const throughAt = platforms.through(items * part, bytes * part, now);
  const endsAt = Math.max(now + Math.max(1, Math.round(ms * scene.times * part)), Math.round(throughAt));
  cast.endsAt[mailbox] = endsAt;
  later(scene, endsAt, 'work-ends', mailbox);
}

/** How long it takes where nothing is in its way, and what is carried. */
function wholeWork(
  scene: Scene,
  mailbox: number,
  turn: number,
): { readonly ms: number; readonly items: number; readonly bytes: number } {
  const { cast, pace, waves, now } = scene;
  if (cast.isAt(mailbox, 'copying')) {
    const [items, bytes] = [cast.items[mailbox] as number, cast.sizeBytes[mailbox] as number];
    const left = cast.toCopy[mailbox] as number;
    return { ms: pace.copyMs(mailbox, turn, left, items, bytes), items: left * items, bytes: left * bytes };
  }
  const { opensAt } = waves.of(cast.wave[mailbox] as number);
  const lookedAt = opensAt - pace.lastLookMs(mailbox, scene.lookEveryMs);
  const isSwitch = cast.isAt(mailbox, 'switching');
  const sinceMs = now - (isSwitch ? Math.max(scene.lookedAt[mailbox] as number, lookedAt) : now);
  return { ms: pace.switchMs(mailbox, turn, sinceMs), ...pace.newIn(sinceMs) };
}

/** The part of a pass that is done before it fails; null for one that does not. */
function partDone({ order, cast }: Scene, mailbox: number, turn: number): number | null {
  const { seed, weather } = order;
  const fails =
    isToBeBlocked(order, cast, mailbox) || draw(seed, mailbox, lots.passFails, turn) < weather.failures.passes;
  return fails ? draw(seed, mailbox, lots.passFailsAt, turn) : null;
}

function isBlockedNow(scene: Scene, mailbox: number): boolean {
  return isToBeBlocked(scene.order, scene.cast, mailbox);
}

/** Whether this is the pass at which its luck has it blocked. */
function isToBeBlocked(order: Scene['order'], cast: Scene['cast'], mailbox: number): boolean {
  const { mailboxes, atSwitch } = order.weather.failures;
  if (cast.hasHappened(mailbox, 'blocked') || draw(order.seed, mailbox, lots.isBlocked) >= mailboxes) return false;
  const isAtSwitch = draw(order.seed, mailbox, lots.isBlockedAtSwitch) < atSwitch;
  return cast.isAt(mailbox, isAtSwitch ? 'switching' : 'copying');
}

function succeed(scene: Scene, mailbox: number): void {
  const { cast, diary, waves, order, now } = scene;
  const stage = stageOf(scene, mailbox);
  cast.failures[mailbox] = 0;
  cast.hindrance[mailbox] = 0;
  const wave = cast.wave[mailbox] as number;
  if (stage === 'copying') {
    if ((cast.toCopy[mailbox] as number) > 0) {
      diary.copied++;
      diary.copiedBytes += cast.sizeBytes[mailbox] as number;
    }
    cast.toCopy[mailbox] = 0;
    cast.step(mailbox, 'catch-up');
    scene.lookedAt[mailbox] = now;
    // Until its window opens it is followed, which is reckoned for all together.
    const dueInMs = nextLookInMs('following', waves.of(wave), now, order.habits.followEveryMs);
    cast.dueAt[mailbox] = now + dueInMs;
    if (dueInMs === 0 || waves.of(wave).closesAt <= now) goOn(scene, mailbox);
  } else if (stage === 'switching') {
    cast.step(mailbox, 'settle');
    scene.settledAt[mailbox] = now;
    scene.settled.push({ mailbox, at: now });
    diary.settled(wave, mailbox, cast.sizeBytes[mailbox] as number, now);
    const { goBacks, goBackMs } = order.weather.people;
    if (draw(order.seed, mailbox, lots.goesBack) < goBacks && cast.isFirst(mailbox, 'sentHome'))
      later(scene, now + draw(order.seed, mailbox, lots.goesBackAfter) * goBackMs, 'goes-back', mailbox);
    if (now >= waves.of(wave).closesAt) careForWave(scene, wave);
  } else if (stage === 'returning') {
    cast.step(mailbox, 'come-home');
    diary.wentBack++;
    // Who came home stays there until somebody lets them go.
    cast.mark(mailbox, 'held', true);
    later(scene, now + order.weather.people.holdMs, 'let-go', mailbox);
    careForWave(scene, wave);
  }
}

/** Weather is waited out: longer each time, and a switch that has met it five times is withdrawn. */
function trouble(scene: Scene, mailbox: number, why: Reason, askedMs: number, part = 0): void {
  const { cast, waves, diary, now } = scene;
  const stage = stageOf(scene, mailbox);
  const { waitMs, isWithdrawn, failures } = afterFailure(stage, cast.failures[mailbox] as number, part > 0);
  if (isWithdrawn) {
    cast.step(mailbox, 'withdraw');
    const wave = cast.wave[mailbox] as number;
    // As the window closed it was still on its way.
    if (waves.of(wave).closesAt <= now) diary.missed(wave, mailbox, why);
  }
  cast.failures[mailbox] = Math.min(255, failures);
  cast.hindrance[mailbox] = reasons.indexOf(why) + 1;
  cast.dueAt[mailbox] = now + Math.max(waitMs, askedMs);
  later(scene, now + Math.max(waitMs, askedMs), 'due', mailbox);
}

/** A fault needs somebody. Who fails counts against the error budget of the wave. */
function block(scene: Scene, mailbox: number): void {
  const { cast, waves, order, now } = scene;
  cast.isFirst(mailbox, 'blocked');
  cast.mark(mailbox, 'blocked', true);
  cast.dueAt[mailbox] = now;
  waves.blocked(mailbox);
  later(scene, now + drawWait(order.seed, mailbox, lots.mendTime, order.weather.failures.mendMs), 'mended', mailbox);
  careForWave(scene, cast.wave[mailbox] as number);
}

function stageOf({ cast }: Scene, mailbox: number): Stage {
  return stages[cast.stage[mailbox] as number] as Stage;
}
