/**
 * The imported estate as a planner is asked about it, with all that has become of it since: who has moved or whose evening
 * stands is told as such, with the room they take, so that a plan made in flight differs little from what stands.
 */

import {
  isDecided,
  isToCome,
  planStanding,
  type PlanStanding,
  planStandings,
  type StandingWave,
} from '#domain/plan-standing.ts';
import type { Calendar, PlanWindow } from '#domain/calendar.ts';
import { dayNumber } from '#domain/calendar-days.ts';
import { windowFinder } from '#planning/find-window.ts';
import { closedWindows, type UnusableWindow, windowsOf } from '#domain/calendar-windows.ts';
import { type Mark, marks, type Stage, stages } from '#domain/journey.ts';
import type { EstateRosterPort, RosterHead, RosterRow, RosterTaker } from '#ports/estate-roster.ts';
import { notFixed, type PlanningOrder } from '#planning/placement.ts';
import { RosterBuilder } from '#planning/roster-builder.ts';
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
  /** By which the database knows them. */
  readonly ids: Int32Array;
  /** The wave of each, a number in `waves`; -1 for none. Who is fixed keeps it. */
  readonly wave: Int32Array;
  readonly waves: readonly StandingWave[];
}

const dayMs = 24 * 3_600_000;

export interface RosterWants {
  /** Whether grants are wanted too; without them there are none. */
  readonly grants: boolean;
}

/**
 * Reads it. Before anybody has begun, windows that are over are none, and the pilot is the first that is left; once somebody has,
 * the pilot and the ramp stay where they began, in the first window that anybody has. Throws `database.*`, `interrupted`.
 */
export async function rosterOfEstate(
  estate: EstateRosterPort,
  calendar: Calendar,
  signal: AbortSignal,
  wants: RosterWants = { grants: true },
): Promise<EstateRoster> {
  const draft = new RosterDraft();
  await estate.read(draft, wants, signal);
  return draft.under(calendar);
}

/** The columns while they fill. */
class RosterDraft implements RosterTaker {
  #head: RosterHead = { now: 0, organisations: [], waves: [], mailboxes: 0, grants: 0 };
  #organisations: readonly RosterOrganisation[] = [];
  #organisationOf = new Map<number, number>();
  #waveOf = new Map<number, number>();
  readonly #builder = new RosterBuilder();
  /** The number of each mailbox by its id, and one more; 0 for none. */
  #numberOf = new Int32Array(0);
  #columns = columnsFor(0);
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
    this.#builder.reserveMailboxes(head.mailboxes);
    this.#builder.reserveGrants(head.grants);
  }

  mailbox(row: RosterRow): void {
    const builder = this.#builder;
    const number = builder.size;
    this.#number(row.id, number);
    this.#columns.ids[number] = row.id;
    builder.addresses.addText(row.address);
    builder.mailbox({
      kind: row.kind,
      organisation: this.#organisationOf.get(row.organisation) ?? -1,
      sizeBytes: row.sizeBytes,
      items: row.items,
      notBefore: row.notBefore ?? noDayBefore,
      notAfter: row.notAfter ?? noDayAfter,
      waveHint: row.waveHint === null ? -1 : builder.hint(row.waveHint),
    });
    for (const alias of row.aliases?.split(' ') ?? []) builder.alias(number, alias);
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
      this.#builder.unknownGrant([]);
      return;
    }
    this.#builder.grant(a, b, kind);
  }

  under(calendar: Calendar): EstateRoster {
    const { waves, now } = this.#head;
    const { ids, standing, wave, fixed, before, excluded } = this.#columns;
    const { begun, moved, resting } = this.#counts;
    const roster = this.#builder.roster(this.#organisations);
    const { windows, unusable } = windowsOf(calendar, roster.size, this.#begunBefore(calendar));
    const room = this.#roomIn(windows, roster);
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
      ids,
      standing,
      standings: this.#counts,
      wave,
      waves,
    };
  }

  /**
   * Windows that have opened by then are none of the programme: those before the first that anybody has begun or moved in, as far as
   * they are over. Null where it began otherwise than by waves.
   */
  #begunBefore(calendar: Calendar): number | null {
    const { waves, now } = this.#head;
    const { standing, wave } = this.#columns;
    const { begun, moved } = this.#counts;
    if (begun + moved === 0) return now;
    let first = Number.POSITIVE_INFINITY;
    for (const [mailbox, number] of wave.entries()) {
      const its = waves[number];
      if (its && isFixedAs[planStandings[standing[mailbox] as number] as PlanStanding])
        first = Math.min(first, dayNumber(its.day));
    }
    const began = windowsOf(calendar, 0).windows.find(({ dayNumber: day }) => day >= first);
    return began ? Math.min(now, began.opensAt - 1) : null;
  }

  /** How much of each window is taken by those who stay in it; whoever may still be placed is told where they are. */
  #roomIn(windows: readonly PlanWindow[], { size, sizeBytes }: Roster): readonly (typeof noneTaken)[] {
    const { waves, now } = this.#head;
    const { standing, wave, before } = this.#columns;
    const find = windowFinder(windows);
    const windowOf = waves.map(({ name, day, opensAt }) =>
      find(({ opensAt: at }) => at === opensAt, name, dayNumber(day)),
    );
    const mayStay = waves.map((each) => isToCome(each, now));
    // Who waits in a wave that can come may be let go in time, and has a place there.
    const waits = waves.map((each) => isDecided(each, now) || isToCome(each, now));
    const taken = windows.map(() => ({ mailboxes: 0, bytes: 0 }));
    for (let m = 0; m < size; m++) {
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

  #number(id: number, number: number): void {
    if (id >= this.#numberOf.length) {
      const wider = new Int32Array(Math.max(id + 1, Math.ceil(this.#numberOf.length * 1.5), this.#head.mailboxes + 1));
      wider.set(this.#numberOf);
      this.#numberOf = wider;
    }
    this.#numberOf[id] = number + 1;
  }
}

function columnsFor(size: number) {
  return {
    ids: new Int32Array(size),
    standing: new Uint8Array(size),
    wave: new Int32Array(size),
    fixed: new Int32Array(size),
    before: new Int32Array(size),
    excluded: new Uint8Array(size),
  };
}

const isFixedAs: Readonly<Record<PlanStanding, boolean>> = { free: false, begun: true, moved: true, resting: false };

const noneTaken = { mailboxes: 0, bytes: 0 };

function withRoomLeft(window: PlanWindow, taken: typeof noneTaken, now: number): PlanWindow {
  if (window.opensAt <= now) return { ...window, mailboxes: 0, bytes: 0 };
  if (taken.mailboxes === 0) return window;
  const mailboxes = Math.max(0, window.mailboxes - taken.mailboxes);
  return { ...window, mailboxes, bytes: Math.max(0, window.bytes - taken.bytes) };
}
