/**
 * The imported estate as a planner is asked about it, with all that has become of it since: who has moved or whose evening
 * stands is told as such, with the room they take, so that a plan made in flight differs little from what stands.
 */

import { isDecided, planStanding, type PlanStanding, planStandings } from '#domain/plan-standing.ts';
import type { Calendar, PlanWindow } from '#domain/calendar.ts';
import { dayNumber } from '#domain/calendar-days.ts';
import { closedWindows, type UnusableWindow, windowsOf } from '#domain/calendar-windows.ts';
import { type Mark, marks, type Stage, stages } from '#domain/journey.ts';
import type { EstateRosterPort, RosterHead, RosterRow, RosterTaker, RosterWave } from '#ports/estate-roster.ts';
import { notFixed, type PlanningOrder } from '#planning/placement.ts';
import { noDayAfter, noDayBefore, type Roster, type RosterOrganisation } from '#planning/roster.ts';

/** Everybody who has not left, and what a planner has to know beside. What stands in the way of nobody is null. */
export interface EstateRoster
  extends Pick<PlanningOrder, 'roster' | 'calendar' | 'windows' | 'closed' | 'fixed' | 'before' | 'excluded'> {
  /** Of the calendar, with the room that is left: what has begun, or is over, takes nobody more. */
  readonly windows: readonly PlanWindow[];
  /** The same with all their room. */
  readonly wholeWindows: readonly PlanWindow[];
  readonly unusable: readonly UnusableWindow[];
  /** When all of this was so, by the clock of the database. */
  readonly now: number;
  /** By the order of `planStandings`. */
  readonly standing: Uint8Array;
  readonly standings: Readonly<Record<PlanStanding, number>>;
  /** The wave of each, a number in `waves`; -1 for none. Who is fixed keeps it. */
  readonly wave: Int32Array;
  readonly waves: readonly RosterWave[];
}

const dayMs = 24 * 3_600_000;

/**
 * Reads it. Before anybody has begun, windows that are over are none, and the pilot is the first that is left; once somebody has,
 * the first weeks of the calendar stay what they were. Throws `database.*`, `interrupted`.
 */
export async function rosterOfEstate(
  estate: EstateRosterPort,
  calendar: Calendar,
  signal: AbortSignal,
): Promise<EstateRoster> {
  const draft = new RosterDraft();
  await estate.read(draft, signal);
  return draft.under(calendar);
}

/** The columns while they fill. */
class RosterDraft implements RosterTaker {
  #head: RosterHead = { now: 0, organisations: [], waves: [], mailboxes: 0, grants: 0 };
  #organisations: readonly RosterOrganisation[] = [];
  #organisationOf = new Map<number, number>();
  #waveOf = new Map<number, number>();
  #size = 0;
  readonly #addresses: string[] = [];
  /** The number of each mailbox by its id, and one more; 0 for none. */
  #numberOf = new Int32Array(0);
  #columns = columnsFor(0);
  readonly #hints = new Map<string, number>();
  #grants = grantsFor(0);
  #grantCount = 0;
  #grantsElsewhere = 0;
  readonly #counts: Record<PlanStanding, number> = { free: 0, begun: 0, moved: 0, resting: 0 };

  begins(head: RosterHead): void {
    this.#head = head;
    this.#organisationOf = new Map(head.organisations.map(({ id }, i) => [id, i] as const));
    this.#organisations = head.organisations.map(({ code, name, parent }) => ({
      code,
      name,
      parent: parent === null ? -1 : (this.#organisationOf.get(parent) ?? -1),
    }));
    this.#waveOf = new Map(head.waves.map(({ id }, i) => [id, i] as const));
    this.#columns = columnsFor(head.mailboxes);
    this.#grants = grantsFor(head.grants);
  }

  mailbox(row: RosterRow): void {
    const number = this.#size++;
    const its = this.#columns;
    this.#addresses.push(row.address);
    this.#number(row.id, number);
    its.kind[number] = row.kind;
    its.organisation[number] = this.#organisationOf.get(row.organisation) ?? -1;
    its.sizeBytes[number] = row.sizeBytes;
    its.items[number] = row.items;
    its.notBefore[number] = row.notBefore ?? noDayBefore;
    its.notAfter[number] = row.notAfter ?? noDayAfter;
    its.waveHint[number] = row.waveHint === null ? -1 : this.#hint(row.waveHint);
    this.#stand(number, row);
  }

  /** What has become of it, whatever the calendar. */
  #stand(number: number, row: RosterRow): void {
    const its = this.#columns;
    const waveNumber = row.wave === null ? -1 : (this.#waveOf.get(row.wave) ?? -1);
    const wave = this.#head.waves[waveNumber] ?? null;
    const mark = (marks[row.mark] ?? '') as Exclude<Mark, 'left'> | '';
    const standing = planStanding(stages[row.stage] as Stage, mark, wave, this.#head.now);
    its.wave[number] = waveNumber;
    its.standing[number] = planStandings.indexOf(standing);
    this.#counts[standing]++;
    const isFixed = isFixedAs[standing];
    its.fixed[number] = isFixed ? (wave ? dayNumber(wave.day) : Math.floor(row.stageSince / dayMs)) : notFixed;
    its.excluded[number] = standing === 'resting' ? 1 : 0;
  }

  grant(mailbox: number, grantee: number, kind: number): void {
    const [a, b] = [(this.#numberOf[mailbox] ?? 0) - 1, (this.#numberOf[grantee] ?? 0) - 1];
    if (a < 0 || b < 0) {
      this.#grantsElsewhere++;
      return;
    }
    const at = this.#grantCount++;
    this.#grants.mailbox[at] = a;
    this.#grants.grantee[at] = b;
    this.#grants.kind[at] = kind;
  }

  under(calendar: Calendar): EstateRoster {
    const { waves, now } = this.#head;
    const { standing, wave, fixed, before, excluded, ...columns } = this.#columns;
    const { begun, moved, resting } = this.#counts;
    const { windows, unusable } = windowsOf(calendar, this.#size, begun + moved === 0 ? now : null);
    const room = this.#roomIn(windows);
    const roster = this.#roster(columns);
    return {
      roster,
      calendar,
      windows: windows.map((window, i) => withRoomLeft(window, room[i] ?? noneTaken, now)),
      wholeWindows: windows,
      unusable,
      closed: closedWindows(calendar, windows, roster.organisations),
      fixed: begun + moved > 0 ? fixed : null,
      before: before.some((window) => window >= 0) ? before : null,
      excluded: resting > 0 ? excluded : null,
      now,
      standing,
      standings: this.#counts,
      wave,
      waves,
    };
  }

  /** How much of each window is taken by those who stay in it; whoever may still be placed is told where they are. */
  #roomIn(windows: readonly PlanWindow[]): readonly (typeof noneTaken)[] {
    const { waves, now } = this.#head;
    const { standing, wave, before, sizeBytes } = this.#columns;
    const windowAt = new Map(windows.map(({ opensAt }, i) => [opensAt, i] as const));
    const windowOf = waves.map(({ opensAt }) => windowAt.get(opensAt) ?? -1);
    const mayStay = waves.map((each) => mayStandBefore(each, now));
    // Who waits in a wave that was started may be let go in time, and has a place there.
    const waits = waves.map((each) => isDecided(each, now));
    const taken = windows.map(() => ({ mailboxes: 0, bytes: 0 }));
    for (let m = 0; m < this.#size; m++) {
      const its = wave[m] as number;
      const window = its < 0 ? -1 : (windowOf[its] as number);
      const stands = planStandings[standing[m] as number] as PlanStanding;
      before[m] = stands === 'free' && its >= 0 && mayStay[its] ? window : -1;
      const place = isFixedAs[stands] || (stands === 'resting' && waits[its]) ? taken[window] : undefined;
      if (!place) continue;
      place.mailboxes++;
      place.bytes += sizeBytes[m] as number;
    }
    return taken;
  }

  #roster(columns: RosterColumns): Roster {
    const addresses = this.#addresses;
    let numbers: Map<string, number> | null = null;
    const { mailbox, grantee, kind } = this.#grants;
    const count = this.#grantCount;
    return {
      size: this.#size,
      address: (number) => addresses[number] ?? '',
      find(address) {
        numbers ??= new Map(addresses.map((each, i) => [each, i] as const));
        return numbers.get(address.toLowerCase()) ?? -1;
      },
      ...columns,
      organisations: this.#organisations,
      hints: [...this.#hints.keys()],
      grants: {
        mailbox: mailbox.subarray(0, count),
        grantee: grantee.subarray(0, count),
        kind: kind.subarray(0, count),
        unknown: { grants: this.#grantsElsewhere, addresses: [] },
      },
    };
  }

  #number(id: number, number: number): void {
    if (id >= this.#numberOf.length) {
      const wider = new Int32Array(Math.max(id + 1, Math.ceil(this.#numberOf.length * 1.5), this.#head.mailboxes + 1));
      wider.set(this.#numberOf);
      this.#numberOf = wider;
    }
    this.#numberOf[id] = number + 1;
  }

  #hint(hint: string): number {
    const known = this.#hints.get(hint);
    if (known !== undefined) return known;
    this.#hints.set(hint, this.#hints.size);
    return this.#hints.size - 1;
  }
}

type RosterColumns = Pick<
  Roster,
  'kind' | 'organisation' | 'sizeBytes' | 'items' | 'notBefore' | 'notAfter' | 'waveHint'
>;

function columnsFor(size: number) {
  return {
    kind: new Uint8Array(size),
    organisation: new Int32Array(size),
    sizeBytes: new Float64Array(size),
    items: new Float64Array(size),
    notBefore: new Int32Array(size),
    notAfter: new Int32Array(size),
    waveHint: new Int32Array(size),
    standing: new Uint8Array(size),
    wave: new Int32Array(size),
    fixed: new Int32Array(size),
    before: new Int32Array(size),
    excluded: new Uint8Array(size),
  };
}

function grantsFor(size: number) {
  return { mailbox: new Int32Array(size), grantee: new Int32Array(size), kind: new Uint8Array(size) };
}

/** Whether who is in it would rather stay: it was not called off, and its evening can come. */
function mayStandBefore({ state, opensAt }: RosterWave, now: number): boolean {
  return (state === 'planned' || state === 'running' || state === 'paused') && opensAt > now;
}

const isFixedAs: Readonly<Record<PlanStanding, boolean>> = { free: false, begun: true, moved: true, resting: false };

const noneTaken = { mailboxes: 0, bytes: 0 };

function withRoomLeft(window: PlanWindow, taken: typeof noneTaken, now: number): PlanWindow {
  if (window.opensAt <= now) return { ...window, mailboxes: 0, bytes: 0 };
  if (taken.mailboxes === 0) return window;
  const mailboxes = Math.max(0, window.mailboxes - taken.mailboxes);
  return { ...window, mailboxes, bytes: Math.max(0, window.bytes - taken.bytes) };
}
