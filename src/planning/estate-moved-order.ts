/** Who goes first and who goes last, looked at once more: the pilot, and kinds that move behind the people of their organisation. */

import { mailboxKinds } from '#domain/estate.ts';
import type { PlanLook, StandingEstate, WrittenPlan } from './estate-moved.ts';

/** Kinds that move last do so later than the last person of their organisation who has a place or has moved. */
export function lookAtOrder(estate: StandingEstate, plan: WrittenPlan, look: PlanLook): void {
  const { roster, calendar } = estate;
  const movesAt = (m: number): number => momentOf(plan, look, m);
  if (calendar.kindsLast.length === 0) return;
  const lastKinds = new Set(calendar.kindsLast.map((kind) => mailboxKinds.indexOf(kind)));
  const person = mailboxKinds.indexOf('person');
  const lastPerson = new Float64Array(roster.organisations.length).fill(Number.NEGATIVE_INFINITY);
  for (let m = 0; m < roster.size; m++) {
    const organisation = roster.organisation[m] as number;
    if (roster.kind[m] === person) lastPerson[organisation] = Math.max(lastPerson[organisation] as number, movesAt(m));
  }
  for (let m = 0; m < roster.size; m++) {
    if (!lastKinds.has(roster.kind[m] as number)) continue;
    const standing = look.standingOf(m);
    if (standing === 'begun') lookBehind(estate, look, m, movesAt(m), lastPerson);
    if (standing !== 'free') continue;
    const at = movesAt(m);
    const organisation = roster.organisation[m] as number;
    if (at === Number.NEGATIVE_INFINITY || at > (lastPerson[organisation] as number)) continue;
    const kind = mailboxKinds[roster.kind[m] as number];
    const code = roster.organisations[organisation]?.code;
    look.refuse('order', roster.address(m), `is ${an(kind ?? '')} and would not move after the last person of ${code}`);
  }
}

/** One whose evening stands, and people of its organisation would come after it. What has moved has, and keeps nobody back. */
function lookBehind(
  { roster, now }: StandingEstate,
  look: PlanLook,
  m: number,
  at: number,
  lastPerson: Float64Array,
): void {
  const organisation = roster.organisation[m] as number;
  if (at <= now || at > (lastPerson[organisation] as number)) return;
  const code = roster.organisations[organisation]?.code;
  const wave = look.waveOf(m)?.name;
  const says = `has begun in the wave ${wave}, and would not move after the last person of ${code}; hold it, or have those people sooner`;
  look.refuse('order', roster.address(m), says);
}

/** Before anybody has begun the pilot comes first. */
export function lookAtPilot({ windows, now, roster }: StandingEstate, look: PlanLook): void {
  const pilot = windows.findIndex(({ isPilot }) => isPilot);
  const window = windows[pilot];
  if (!window || window.opensAt <= now) return;
  for (let m = 0; m < roster.size; m++) if (look.standingOf(m) === 'begun' || look.standingOf(m) === 'moved') return;
  let [placed, inPilot] = [0, 0];
  for (const [place, mailboxes] of look.placed.entries()) {
    placed += mailboxes;
    if (look.windowOf(place) === window) inPilot += mailboxes;
  }
  if (placed > 0 && inPilot === 0)
    look.refuse('pilot', window.start, 'is the first window that can be used, and the plan has nobody in it');
}

/** When a mailbox moves by this plan, or has moved; minus infinity for never. */
function momentOf({ entry }: WrittenPlan, look: PlanLook, m: number): number {
  const standing = look.standingOf(m);
  if (standing === 'free') {
    const place = entry[m] as number;
    return (place < 0 ? null : look.windowOf(place))?.opensAt ?? Number.NEGATIVE_INFINITY;
  }
  return standing === 'resting' ? Number.NEGATIVE_INFINITY : (look.waveOf(m)?.opensAt ?? Number.NEGATIVE_INFINITY);
}

function an(word: string): string {
  return /^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`;
}
