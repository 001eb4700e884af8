/**
 * `godwit plan`: who moves when. The estate is read, from three files or from the database, with wishes and an earlier plan where
 * there are any; it is planned; and what came of it is written beside where it is to lie, and summed up. The files are put in their
 * places by whoever ordered this, when all the rest is done.
 */

import { createReadStream } from 'node:fs';
import type { Calendar } from '#domain/calendar.ts';
import { calendarRemarks } from '#domain/calendar-remarks.ts';
import type { UnusableWindow } from '#domain/calendar-windows.ts';
import type { AskedDays } from '#domain/dates.ts';
import { fault } from '#domain/fault.ts';
import type { StandingWave } from '#domain/plan-standing.ts';
import { nearest } from '#lib/nearest.ts';
import type { Placement, PlanningOrder, PlanningWatcher } from '#planning/placement.ts';
import type { Roster } from '#planning/roster.ts';
import type { HearUnknown } from '#planning/roster-builder.ts';
import { usualEffortSeconds } from '#planner/effort.ts';
import { planRemarks } from '#planning/plan-remarks.ts';
import { type AppliedWishes, applyWishes } from '#planning/wishes.ts';
import { readWishes, type Wish } from '#planning/wishes-file.ts';
import type { PlanDrafts } from './plan-files.ts';
import { earlierWaves } from './earlier-plan.ts';
import { earlierPlan, readPlan, windowsBefore } from './plan-file-read.ts';
import { findingsOf, type Planned } from './plan-findings.ts';
import { unknownHeader, unknownLine } from './plan-rows.ts';
import type { PlanReport } from './plan-report.ts';
import { whyUnreadable } from './given-file.ts';
import type { RosterReading } from './read-roster.ts';

export interface PlanEstateOrder {
  readonly calendar: Calendar;
  readonly estate: EstateToPlan;
  readonly seed: number;
  /** Null: as much as is usual for so many. */
  readonly effortSeconds: number | null;
  /** Null: nothing is written. */
  readonly drafts: PlanDrafts | null;
  /** Paths; null where there is none. */
  readonly earlier: string | null;
  readonly wishes: string | null;
  /** Addresses. */
  readonly explain: readonly string[];
  readonly now: number;
  readonly planner: Planner;
  readonly watcher: PlanEstateWatcher;
}

/** Whoever plans: `planning/plan.ts`. It ends with the reason of `signal` where that fires. */
export type Planner = (order: PlanningOrder, watcher: PlanningWatcher, signal: AbortSignal) => Promise<Placement>;

export interface PlanEstateWatcher extends PlanningWatcher {
  reading(reading: RosterReading): void;
  begins(step: 'reading' | 'planning' | 'writing'): void;
}

/** An estate in files or in the database. */
export interface EstateToPlan {
  /** `heard`: hears of every grant with an unknown end, where its addresses are at hand. Throws `estate.files.wrong`, `database.*`, `interrupted`. */
  read(
    calendar: Calendar,
    told: (reading: RosterReading) => void,
    signal: AbortSignal,
    heard: HearUnknown | null,
  ): Promise<EstateRead>;
}

/** What stands of an estate in flight. */
export interface Standing {
  /** Of each mailbox a number in `waves`; -1 for none. */
  readonly wave: Int32Array;
  readonly waves: readonly StandingWave[];
  /** Of those who are fixed, how many have not moved yet. */
  readonly begun: number;
}

export interface EstateRead
  extends Pick<PlanningOrder, 'roster' | 'windows' | 'closed' | 'fixed' | 'before' | 'excluded'> {
  readonly unusable: readonly UnusableWindow[];
  /** Null where nobody has a wave. */
  readonly standing: Standing | null;
  /** What is asked for single mailboxes, and open. */
  readonly wished: readonly AskedDays[];
  readonly remarks: readonly string[];
}

/** Plans. Throws `plan.*`, `estate.files.wrong`, `database.*`, and the reason of `signal`. */
export async function planEstate(order: PlanEstateOrder, signal: AbortSignal): Promise<PlanReport> {
  const { calendar, watcher, drafts } = order;
  const clock = new StopWatch();
  // Where nothing can be written that is told now, not after a minute of planning.
  drafts?.reserve('plan');
  watcher.begins('reading');
  const { read, asked, explained, wishes, earlier } = await prepared(order, signal);
  const reading = clock.lap();
  watcher.begins('planning');
  const placement = await order.planner(asked, watcher, signal);
  const planning = clock.lap();
  watcher.begins('writing');
  const found = await findingsOf(
    { asked, placement, drafts, explained, earlier, wishes, standing: read.standing },
    signal,
  );
  const { organisations } = asked.roster;
  return {
    calendar: {
      timezone: calendar.timezone,
      from: calendar.from,
      until: calendar.until,
      windows: read.windows.filter(({ mailboxes }) => mailboxes > 0).length,
      mailboxes: read.windows.reduce((sum, { mailboxes }) => sum + mailboxes, 0),
      unusable: read.unusable,
    },
    seed: asked.seed,
    effortSeconds: asked.effortSeconds,
    organisations: organisations.length,
    ...found,
    remarks: [
      ...calendarRemarks(calendar, organisations),
      ...read.remarks,
      ...pastRemarks(order, read),
      ...(wishes ? wishRemarks(wishes) : []),
      ...planRemarks(asked, placement),
    ],
    milliseconds: { reading, planning, writing: clock.lap() },
  };
}

interface Prepared extends Pick<Planned, 'asked' | 'explained' | 'wishes' | 'earlier'> {
  readonly read: EstateRead;
}

/** All that is to be read, and what a planner is asked because of it. */
async function prepared(order: PlanEstateOrder, signal: AbortSignal): Promise<Prepared> {
  const { calendar, watcher, seed } = order;
  const told = (reading: RosterReading): void => watcher.reading(reading);
  const read = await order.estate.read(calendar, told, signal, unknownFile(order.drafts));
  mustBePlannable(read);
  const { roster, windows, closed, fixed, before, excluded } = read;
  const explained = order.explain.map((address) => mailboxOf(roster, address));
  const effortSeconds = order.effortSeconds ?? usualEffortSeconds(roster.size);
  const file = order.earlier === null ? null : await readPlan(order.earlier, roster, signal);
  const waves = before && earlierWaves(read, before);
  const earlier = file ? earlierPlan(file) : waves;
  const kept = before ?? (file && windowsBefore(file, windows));
  const plain = {
    roster,
    calendar,
    windows,
    closed,
    fixed,
    before: kept,
    excluded,
    together: null,
    lastWishes: null,
    barred: null,
  };
  const wishes = await wishesFor({ ...plain, seed, effortSeconds }, order.wishes, read.wished);
  return { read, asked: wishes?.order ?? { ...plain, seed, effortSeconds }, explained, wishes, earlier };
}

/** Grants with an unknown end go to a file of their own as they are met, since there may be millions. */
function unknownFile(drafts: PlanDrafts | null): HearUnknown | null {
  if (drafts === null) return null;
  drafts.retire('unknown', unknownHeader);
  return (grant) => {
    const file = drafts.begin('unknown');
    if (file.isEmpty) file.write(unknownHeader);
    file.write(unknownLine(grant));
  };
}

function mustBePlannable({ roster, windows, unusable }: EstateRead): void {
  if (roster.size === 0) throw fault('plan.nobody', {});
  if (windows.some(({ mailboxes }) => mailboxes > 0)) return;
  throw fault('plan.no-window', { why: unusable[0]?.why ?? null });
}

/** The order with what organisations ask, in a file and for single mailboxes; null where nobody asks anything. */
async function wishesFor(
  order: PlanningOrder,
  path: string | null,
  wished: readonly AskedDays[],
): Promise<AppliedWishes | null> {
  if (path === null && wished.length === 0) return null;
  const asked = wished.map(({ address, organisation, notBefore, notAfter }) => {
    return { kind: 'within', line: 0, organisation, whom: { address }, from: notBefore, until: notAfter } as const;
  });
  return applyWishes(order, [...asked, ...(path === null ? [] : await wishesIn(path))]);
}

/** Throws `plan.wishes-wrong` where the file is. */
async function wishesIn(path: string): Promise<readonly Wish[]> {
  const { wishes, problems } = await readWishes(createReadStream(path)).catch((error: unknown) => {
    const why = whyUnreadable(error);
    if (why === null) throw error;
    return { wishes: [], problems: [{ line: null, column: null, problem: `It cannot be read: ${why}.` }] };
  });
  if (problems.length > 0) throw fault('plan.wishes-wrong', { file: path, problems });
  return wishes;
}

/** Who has left since, or never was there, may still stand in a list of wishes. */
function wishRemarks({ problems }: AppliedWishes): readonly string[] {
  return problems.map(({ line, problem }) =>
    line === 0 ? `dates that are asked for: ${problem}` : `wishes, line ${line}: ${problem}`,
  );
}

function mailboxOf(roster: Roster, address: string): number {
  const mailbox = roster.find(address);
  if (mailbox >= 0) return mailbox;
  throw fault('plan.unknown-address', { address, nearest: nearAddress(roster, address) });
}

/** One that is spelt alike, among those of the same domain; null where there is none, or too many to look through. */
function nearAddress(roster: Roster, address: string): string | null {
  const domain = address.slice(address.lastIndexOf('@')).toLowerCase();
  const alike: string[] = [];
  for (let m = 0; m < roster.size && alike.length < alikeMost; m++) {
    const other = roster.address(m);
    if (other.toLowerCase().endsWith(domain)) alike.push(other);
  }
  return alike.length === alikeMost ? null : nearest(address, alike);
}

const alikeMost = 50_000;

/** A calendar that begins before today is planned as it stands: perhaps somebody wants to know how it would have been. */
function pastRemarks({ calendar, now }: PlanEstateOrder, { windows }: EstateRead): readonly string[] {
  const over = windows.filter(({ opensAt, mailboxes }) => opensAt <= now && mailboxes > 0).length;
  if (over === 0) return [];
  return [
    over === windows.length
      ? `All windows of this calendar have begun already; it ends on ${calendar.until}.`
      : `${over} of its windows ${over === 1 ? 'has' : 'have'} begun already. They are used as if they had not: set from to a later day if nobody moves in them.`,
  ];
}

class StopWatch {
  #since = performance.now();

  /** Milliseconds since it was asked last. */
  lap(): number {
    const now = performance.now();
    const passed = Math.round(now - this.#since);
    this.#since = now;
    return passed;
  }
}
