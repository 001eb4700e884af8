/**
 * In what the estate is another than a plan takes it for. A plan says nothing of the estate that it was made for, since people
 * edit it with spreadsheets and mail it about. So every row is held against what is there now, and every hard rule is
 * looked at once more: whatever has moved meanwhile, and would break one, is named. What has begun is left alone, whatever
 * the plan says of it.
 */

import type { Calendar, PlanWindow } from '#domain/calendar.ts';
import { dayOfNumber } from '#domain/calendar-days.ts';
import { isDecided, type PlanStanding, planStandings, type StandingWave } from '#domain/plan-standing.ts';
import { Cases } from './cases.ts';
import { lookAtOrder, lookAtPilot } from './estate-moved-order.ts';
import type { Roster } from './roster.ts';

/** The estate as it stands; `EstateRoster` of `operations/roster-of-estate.ts` is one. */
export interface StandingEstate {
  readonly roster: Roster;
  readonly calendar: Calendar;
  readonly now: number;
  readonly standing: Uint8Array;
  readonly wave: Int32Array;
  readonly waves: readonly StandingWave[];
  /** With the room that is left by those who stay where they are. */
  readonly windows: readonly PlanWindow[];
  readonly closed: readonly (Uint8Array | null)[];
  /** Windows of the calendar that are not to be used, and why. */
  readonly unusable: readonly { readonly start: string; readonly why: string }[];
}

/** A plan as it was read from its file; `ReadPlan` of `operations/plan-file-rows.ts` is one. */
export interface WrittenPlan {
  /** The line of each mailbox; 0 where it has none. */
  readonly line: Int32Array;
  /** Its place, a number in `entries`; negative where it has none. */
  readonly entry: Int32Array;
  readonly entries: readonly { readonly wave: string; readonly start: string }[];
  /** Rows with an address that the roster does not have. */
  readonly unknown: { readonly mailboxes: number; readonly first: readonly { readonly address: string }[] };
}

/** Why a plan cannot become waves: in this the estate is another than the one it was made for. The gravest first. */
export const planRefusals = [
  'unknown',
  'joined',
  'dates',
  'closed',
  'order',
  'over',
  'no-window',
  'pilot',
  'full',
] as const;
export type PlanRefusal = (typeof planRefusals)[number];

export interface NamedCase {
  /** An address, a wave, or the start of a window. */
  readonly name: string;
  /** What is the matter with it: a clause without a full stop. */
  readonly says: string;
}

/** A plan while it is held against an estate, all of it once. */
export class PlanLook {
  readonly #estate: StandingEstate;
  readonly #plan: WrittenPlan;
  /** For each place of the plan its window, a number in those of the calendar; -1 where that has none. */
  readonly #windowOf: Int32Array;
  readonly refused = new Map<PlanRefusal, Cases<NamedCase>>();
  /** Who has begun, has moved, or is held, where the plan has them elsewhere. */
  readonly leftAlone = new Cases<NamedCase>();
  /** By place of the plan: how many it wants to have there of whom a plan may place. */
  readonly placed: Int32Array;
  readonly #bytes: Float64Array;

  constructor(estate: StandingEstate, plan: WrittenPlan) {
    this.#estate = estate;
    this.#plan = plan;
    const windowAt = new Map(estate.windows.map(({ start }, i) => [start, i] as const));
    this.#windowOf = Int32Array.from(plan.entries, ({ start }) => windowAt.get(start) ?? -1);
    this.placed = new Int32Array(plan.entries.length);
    this.#bytes = new Float64Array(plan.entries.length);
    this.#lookAtUnknown();
    for (let m = 0; m < estate.roster.size; m++) this.#look(m);
    lookAtOrder(estate, plan, this);
    lookAtPilot(estate, this);
    this.#lookAtRoom();
  }

  standingOf(m: number): PlanStanding {
    return planStandings[this.#estate.standing[m] as number] as PlanStanding;
  }

  waveOf(m: number): StandingWave | null {
    return this.#estate.waves[this.#estate.wave[m] as number] ?? null;
  }

  /** The window of a place of the plan, where the calendar has it. */
  windowOf(place: number): PlanWindow | null {
    return this.#estate.windows[this.#windowOf[place] ?? -1] ?? null;
  }

  refuse(kind: PlanRefusal, name: string, says: string): void {
    const cases = this.refused.get(kind) ?? new Cases<NamedCase>();
    this.refused.set(kind, cases);
    cases.add({ name, says });
  }

  #lookAtUnknown(): void {
    const { mailboxes, first } = this.#plan.unknown;
    for (const { address } of first) this.refuse('unknown', address, 'is not in the estate, or has left it');
    const cases = this.refused.get('unknown');
    // More than are known by name.
    if (cases) cases.count = mailboxes;
  }

  #look(m: number): void {
    const { line, entry } = this.#plan;
    const place = entry[m] as number;
    switch (this.standingOf(m)) {
      case 'begun':
      case 'moved':
      case 'resting':
        if (place >= 0 && !this.#isWhereItIs(m, place)) this.#leaveAlone(m, place);
        return;
      case 'free':
        if (line[m] === 0) this.refuse('joined', this.#estate.roster.address(m), this.#whyWithoutLine(m));
        else if (place >= 0) this.#lookAtPlace(m, place);
        else if (this.staysWithoutPlace(m)) this.#leaveAlone(m, place);
    }
  }

  /** Who is blocked in a wave that was started and can still come is not taken out of it, and may switch there if somebody comes. */
  staysWithoutPlace(m: number): boolean {
    const its = this.waveOf(m);
    return its !== null && this.standingOf(m) === 'free' && isDecided(its, this.#estate.now);
  }

  /** Whether the window of a place is that of the wave in which a mailbox is. */
  #isWhereItIs(m: number, place: number): boolean {
    const its = this.waveOf(m);
    const window = this.#estate.windows[this.#windowOf[place] as number];
    return its !== null && (this.#plan.entries[place]?.wave === its.name || window?.opensAt === its.opensAt);
  }

  #leaveAlone(m: number, place: number): void {
    const wanted = this.#plan.entries[place]?.wave ?? '';
    const its = this.waveOf(m)?.name ?? 'none';
    const says: Readonly<Record<PlanStanding, string>> = {
      free: `is blocked in the wave ${its}, which was started, and stays there; the plan has no window for it`,
      begun: `has begun in the wave ${its}; the plan has it in ${wanted}`,
      moved: `has switched in the wave ${its}; the plan has it in ${wanted}`,
      resting: `is held back; the plan has it in ${wanted}`,
    };
    this.leftAlone.add({ name: this.#estate.roster.address(m), says: says[this.standingOf(m)] });
  }

  #whyWithoutLine(m: number): string {
    const its = this.waveOf(m);
    return its === null
      ? 'has joined, or has no line in the plan'
      : `is to move (${its.name}) and has no line in the plan`;
  }

  /** A free mailbox and its place: its window is there and to come, and neither its dates nor its organisation speak against it. */
  #lookAtPlace(m: number, place: number): void {
    const { roster, windows, closed, now } = this.#estate;
    (this.placed[place] as number)++;
    this.#bytes[place] = (this.#bytes[place] as number) + (roster.sizeBytes[m] as number);
    const number = this.#windowOf[place] as number;
    const window = windows[number];
    // Of the wave itself it is told once.
    if (!window || window.opensAt <= now) return;
    const [notBefore, notAfter] = [roster.notBefore[m] as number, roster.notAfter[m] as number];
    if (window.dayNumber < notBefore)
      this.refuse(
        'dates',
        roster.address(m),
        `may not move before ${day(notBefore)}; the plan has it on ${window.day}`,
      );
    else if (window.dayNumber > notAfter)
      this.refuse('dates', roster.address(m), `may not move after ${day(notAfter)}; the plan has it on ${window.day}`);
    const organisation = roster.organisation[m] as number;
    if (closed[organisation]?.[number] === 1)
      this.refuse(
        'closed',
        roster.address(m),
        `is of ${roster.organisations[organisation]?.code}, which cannot in the window of ${window.start}`,
      );
  }

  /** Each wave once: its window is there and to come; each window once: all fit in. */
  #lookAtRoom(): void {
    const { windows, now } = this.#estate;
    const wanted = windows.map(() => ({ mailboxes: 0, bytes: 0 }));
    for (const [place, { wave: name, start }] of this.#plan.entries.entries()) {
      const mailboxes = this.placed[place] as number;
      if (mailboxes === 0) continue;
      const window = windows[this.#windowOf[place] as number];
      const many = `${count(mailboxes)} ${mailboxes === 1 ? 'mailbox is' : 'mailboxes are'}`;
      if (!window) this.refuse('no-window', name, this.#whyNoWindow(start));
      else if (window.opensAt <= now) this.refuse('over', name, `opened at ${start}, and ${many} still to move in it`);
      else {
        const its = wanted[this.#windowOf[place] as number] as (typeof wanted)[number];
        its.mailboxes += mailboxes;
        its.bytes += this.#bytes[place] as number;
      }
    }
    this.#addThoseWhoStay(wanted);
    for (const [i, { mailboxes, bytes }] of wanted.entries()) {
      const { start, mailboxes: room, bytes: roomBytes } = windows[i] as PlanWindow;
      if (mailboxes > room)
        this.refuse('full', start, `has room for ${count(room)} more, and the plan has ${count(mailboxes)} there`);
      else if (bytes > roomBytes)
        this.refuse(
          'full',
          start,
          `has room for ${count(roomBytes)} more octets, and the plan has ${count(bytes)} there`,
        );
    }
  }

  #whyNoWindow(start: string): string {
    const known = this.#estate.unusable.find((each) => each.start === start);
    return known
      ? `opens at ${start}, and that window ${known.why}`
      : `opens at ${start}, when the calendar has no window that can be used`;
  }

  #addThoseWhoStay(wanted: { mailboxes: number; bytes: number }[]): void {
    const { windows, roster } = this.#estate;
    const windowAt = new Map(windows.map(({ opensAt }, i) => [opensAt, i] as const));
    for (let m = 0; m < roster.size; m++) {
      if ((this.#plan.entry[m] as number) >= 0 || !this.staysWithoutPlace(m)) continue;
      const its = wanted[windowAt.get(this.waveOf(m)?.opensAt ?? Number.NaN) ?? -1];
      if (!its) continue;
      its.mailboxes++;
      its.bytes += roster.sizeBytes[m] as number;
    }
  }
}

const day = (number: number): string => dayOfNumber(number);

function count(n: number): string {
  return Math.round(n).toLocaleString('en');
}
