/** What a rehearsal comes to, from its diary and from where everybody stands. */

import type { Rehearsal } from './outcome.ts';
import type { Scene } from './scene.ts';

export function outcomeOf(scene: Scene): Rehearsal {
  const { order, cast, diary, sky, platforms, now } = scene;
  const { windows, seed, roster } = order;
  const plannedCloses = windows.filter((_, i) => diary.plannedIn(i) > 0).map(({ closesAt }) => closesAt);
  return {
    seed,
    mailboxes: cast.size,
    joined: cast.size - roster.size,
    joinedWithout: diary.joinersWithout,
    unplacedByPlan: roster.size - diary.plannedAll,
    plannedFinish: plannedCloses.at(-1) ?? null,
    finish: diary.lastSettledAt,
    mostDone: diary.mostDoneAt,
    evenings: windows.map((_, i) => diary.evening(i, sky)),
    days: diary.days,
    end: cast.stand(now),
    missed: diary.missedInAll(),
    ...diary.whoMissed(cast),
    wentBack: diary.wentBack,
    switchedIn: diary.switchedIn(cast, roster.size),
    platforms: {
      complaints: platforms.complaints,
      outages: order.weather.outages.length,
      restedMs: platforms.restedMs,
    },
  };
}
