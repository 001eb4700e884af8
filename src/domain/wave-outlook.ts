/**
 * What can be told of a wave before it goes wrong: windows that overlap, a window too short for what is to be done in it or
 * that has closed on some. Told in words when it is made and whenever it is shown; none of it stops anybody.
 */

import { connectionsFor } from './connections-for.ts';
import { rateAt } from './governor.ts';
import type { Budget, SideName } from './platform.ts';
import type { WaveState } from './release.ts';
import type { Wave } from './wave.ts';
import { overlap, type Window } from './window.ts';

export interface Outlook {
  /** The database's clock, in milliseconds since 1970. */
  readonly now: number;
  /** Mailboxes of the wave, without a mark, that have not switched; and the octets of those whose first copy has not ended. */
  readonly toSwitch: number;
  readonly toCopyBytes: number;
  /** Mailboxes of the wave whose dates do not allow the day on which it opens. */
  readonly notThatDay: number;
  /** Mailboxes with messages that the target does not have, and nobody has accepted that. */
  readonly notAccepted: number;
  /** Organisations of the wave with ways in that nobody holds, and nobody has given their word for. */
  readonly organisationsWaiting: number;
  readonly others: readonly { readonly name: string; readonly state: WaveState; readonly window: Window }[];
  readonly platforms: readonly { readonly side: SideName; readonly budget: Budget; readonly timezone: string }[];
  /** Milliseconds from the hold to the turn at the latest switches, on average; null where none was measured. */
  readonly interruptedMs: number | null;
}

/** A switch on common servers, where nobody has measured one here. */
const assumedSwitchMs = 5_000;
const hourMs = 3_600_000;
/** Timetables are read so often. */
const stepMs = hourMs / 2;
/** Further ahead nobody reckons: by then much else will have changed. */
const aheadMaxMs = 30 * 24 * hourMs;

const underWay: ReadonlySet<WaveState> = new Set(['planned', 'running', 'paused']);

export function remarksOn(wave: Pick<Wave, 'name' | 'state' | 'window'>, outlook: Outlook): readonly string[] {
  if (!underWay.has(wave.state)) return [];
  if (wave.window.closesAt <= outlook.now) return outlook.toSwitch === 0 ? [] : [closedOn(wave, outlook)];
  return [
    overlaps(wave, outlook),
    notThatDay(outlook),
    notAccepted(wave, outlook),
    waysNotHeld(wave, outlook),
    tooManySwitches(wave, outlook),
    ...outlook.platforms.map((each) => tooMuchMail(wave, outlook, each)),
  ].filter((each) => each !== null);
}

function closedOn({ name }: Pick<Wave, 'name'>, { toSwitch }: Outlook): string {
  return `Its window has closed, and ${mailboxes(toSwitch)} did not make it. Give them another: godwit wave reschedule ${name} --window …`;
}

function overlaps({ name, window }: Pick<Wave, 'name' | 'window'>, { others, now }: Outlook): string | null {
  const names = others
    .filter((other) => other.name !== name && underWay.has(other.state) && other.window.closesAt > now)
    .filter((other) => overlap(other.window, window))
    .map((other) => other.name);
  if (names.length === 0) return null;
  const [shown, more] = [names.slice(0, 5).join(', '), names.length - 5];
  return `Its window overlaps that of ${shown}${more > 0 ? ` and ${more} more` : ''}: they share what the platforms give.`;
}

function notThatDay({ notThatDay: those }: Outlook): string | null {
  if (those === 0) return null;
  return `${mailboxes(those)} of it may not move on the day on which it opens (not_before, not_after), and will not switch.`;
}

function notAccepted({ name }: Pick<Wave, 'name'>, { notAccepted: those }: Outlook): string | null {
  if (those === 0) return null;
  return `${mailboxes(those)} of it will not switch before somebody accepts what the target does not have, or mends the reason: godwit report wave ${name}`;
}

function waysNotHeld({ name }: Pick<Wave, 'name'>, { organisationsWaiting: those }: Outlook): string | null {
  if (those === 0) return null;
  const whom = `${those.toLocaleString('en')} ${those === 1 ? 'organisation' : 'organisations'}`;
  return `Of ${whom} in it not all ways in are held, and they will not switch without a person's word: godwit wave check ${name}`;
}

function tooManySwitches(
  { window }: Pick<Wave, 'window'>,
  { now, toSwitch, platforms, interruptedMs }: Outlook,
): string | null {
  if (platforms.length === 0) return null;
  const least = Math.min(...platforms.map(({ budget }) => budget.connections));
  const atOnce = Math.max(1, Math.floor(least / connectionsFor.switch));
  const eachMs = interruptedMs ?? assumedSwitchMs;
  const neededMs = (toSwitch * eachMs) / atOnce;
  const hasMs = window.closesAt - Math.max(now, window.opensAt);
  if (neededMs <= hasMs) return null;
  const pace = `${Number((eachMs / 1000).toFixed(1))} s each (${interruptedMs === null ? 'assumed' : 'as measured'})`;
  return `To switch ${mailboxes(toSwitch)} takes about ${hours(neededMs)}, ${atOnce} at a time and ${pace}; its window has ${hours(hasMs)}.`;
}

function tooMuchMail(
  { window }: Pick<Wave, 'window'>,
  { now, toCopyBytes }: Outlook,
  { side, budget, timezone }: Outlook['platforms'][number],
): string | null {
  const bytes = bytesUntil(budget, timezone, now, window.closesAt);
  if (bytes === null || toCopyBytes <= bytes) return null;
  return `About ${gigabytes(toCopyBytes)} are still to be copied, and the ${side} may be asked for ${gigabytes(bytes)} until its window closes.`;
}

/** What a platform may be asked for from now on; null without limit. */
export function bytesUntil(budget: Budget, timezone: string, from: number, until: number): number | null {
  let bytes = 0;
  const end = Math.min(until, from + aheadMaxMs);
  for (let at = from; at < end; at += stepMs) {
    const rate = rateAt(budget, timezone, at);
    if (rate === null) return null;
    bytes += (rate * Math.min(stepMs, end - at)) / 1000;
  }
  return bytes;
}

function mailboxes(n: number): string {
  return `${n.toLocaleString('en')} ${n === 1 ? 'mailbox' : 'mailboxes'}`;
}

function hours(ms: number): string {
  return ms < hourMs ? `${Math.ceil(ms / 60_000)} min` : `${Number((ms / hourMs).toFixed(1))} h`;
}

function gigabytes(bytes: number): string {
  return bytes < 1e12 ? `${Number((bytes / 1e9).toFixed(1))} GB` : `${Number((bytes / 1e12).toFixed(1))} TB`;
}
