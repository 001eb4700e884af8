/** People who change their minds: the evening before, after the switch, and those who come to the programme while it is under way. */

import { draw, drawNormal, lots } from './draws.ts';
import { mailboxKinds } from '#domain/estate.ts';
import { noDayAfter, noDayBefore } from '#planning/roster.ts';
import { later, type Scene } from './scene.ts';
import { keepOrder, putInto } from './windows.ts';

/** The evening before a window: some are held back, some taken out for good, some have left. */
export function decideOnTheEve(scene: Scene, wave: number): void {
  const { cast, waves, order, now } = scene;
  const { holds, holdMs, excludes, leavers } = order.weather.people;
  if (holds + excludes + leavers === 0) return;
  for (const mailbox of waves.members(wave)) {
    if (cast.wave[mailbox] !== wave || cast.isAt(mailbox, 'settled') || !cast.isFirst(mailbox, 'asked')) continue;
    if (draw(order.seed, mailbox, lots.leaves) < leavers) cast.mark(mailbox, 'left', true);
    else if (draw(order.seed, mailbox, lots.excludes) < excludes) cast.mark(mailbox, 'excluded', true);
    else if (draw(order.seed, mailbox, lots.holds) < holds) {
      cast.mark(mailbox, 'held', true);
      later(scene, now + holdMs, 'let-go', mailbox);
    }
  }
}

/** Somebody wants to be on the old side again. */
export function sendHome(scene: Scene, mailbox: number): void {
  const { cast, desk, now } = scene;
  if (!cast.isAt(mailbox, 'settled')) return;
  cast.step(mailbox, 'go-back');
  cast.dueAt[mailbox] = now;
  desk.due(mailbox, now);
}

/** How many come in all. */
export function joinersOf({ roster, weather }: Scene['order']): number {
  return Math.round(roster.size * weather.people.joiners);
}

/** Who has joined by now: each in the organisation of somebody else, and in the first window that has room. */
export function letJoin(scene: Scene): void {
  const { cast, order, span, plannedFinish, now } = scene;
  const all = cast.most - order.roster.size;
  // Until the plan ends: whoever comes later is none of its concern.
  const share = Math.min(1, (now - span.opensAt) / (plannedFinish - span.opensAt));
  while (cast.size - order.roster.size < Math.floor(all * share)) join(scene);
}

function join(scene: Scene): void {
  const { cast, order, rooms, diary, now } = scene;
  const mailbox = cast.join();
  const like = Math.floor(draw(order.seed, mailbox, lots.joinsWhere) * order.roster.size);
  cast.kind[mailbox] = mailboxKinds.indexOf('person');
  cast.organisation[mailbox] = cast.organisation[like] as number;
  const size = Math.exp(drawNormal(order.seed, mailbox, lots.joinsSize));
  cast.sizeBytes[mailbox] = Math.round(freshBytes * size);
  cast.items[mailbox] = Math.round(freshItems * size);
  cast.notBefore[mailbox] = noDayBefore;
  cast.notAfter[mailbox] = noDayAfter;
  const window = rooms.find(mailbox, now);
  if (window < 0) return diary.joinedWithout();
  diary.movedIn(window, null);
  putInto(scene, mailbox, window);
  keepOrder(scene, mailbox);
}

/** Some weeks of mail. */
const freshBytes = 30e6;
const freshItems = 400;
