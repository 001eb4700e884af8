/**
 * What people do without a planner, done well: each keeps every rule and places everybody who can be placed. Alphabetical; organisation
 * by organisation in the order of codes, which is the yardstick of the bench; and whole components of the permission graph, first
 * fit, falling back to organisations where one is too large, as the public scripts do.
 *
 * All three fill window after window with one unit after the other. Whoever has a day from which on moves in the first window
 * after it; whoever has a last day gets their place before all others, as near to when their unit's turn comes as that day
 * allows; kinds that come last follow in the first window after their organisation's last person.
 */

import type { JudgedCalendar, JudgedWindow } from '../../labs/plan/calendar-windows.ts';
import { type Estate, mailboxKinds } from '../../labs/plan/estate-files.ts';
import { closedWindows } from '../../labs/plan/judged-rules.ts';
import { componentsOf } from './components.ts';

/** The window of each mailbox, a number among the calendar's; -1 for none. */
export type PlainPlanner = (estate: Estate, calendar: JudgedCalendar) => Int32Array;

export const plainPlanners = {
  alphabetical: (estate, calendar) => layOut(estate, calendar, alphabetically(estate), false),
  'organisation by organisation': (estate, calendar) => layOut(estate, calendar, byOrganisation(estate), false),
  'whole components': (estate, calendar) => layOut(estate, calendar, wholeComponents(estate, calendar), true),
} as const satisfies Readonly<Record<string, PlainPlanner>>;

/** Mailboxes that move together, or one after the other. */
type Unit = readonly number[];

function alphabetically({ addresses }: Estate): readonly Unit[] {
  const numbers = Array.from(addresses.keys());
  const keys = addresses.map((address) => address.toLowerCase());
  return [numbers.sort((a, b) => compare(keys[a] as string, keys[b] as string))];
}

/** In the order of codes, the mailboxes of each as they come. */
function byOrganisation({ organisations, organisation }: Estate): readonly Unit[] {
  const members = organisations.map((): number[] => []);
  for (const [mailbox, number] of organisation.entries()) members[number]?.push(mailbox);
  return Array.from(organisations.keys())
    .sort((a, b) => compare(organisations[a]?.code ?? '', organisations[b]?.code ?? ''))
    .map((number) => members[number] ?? []);
}

/** Components in the order of their first mailboxes; of those that no window could take the members of each organisation. */
function wholeComponents(estate: Estate, calendar: JudgedCalendar): readonly Unit[] {
  const most = Math.max(0, ...calendar.windows(estate.addresses.length).map(({ mailboxes }) => mailboxes));
  const units = new Map<number, number[]>();
  const tooLarge = new Set<number>();
  const component = componentsOf(estate.addresses.length, estate.grants);
  const sizes = new Int32Array(component.length);
  for (const each of component) sizes[each]!++;
  for (const [mailbox, each] of component.entries()) {
    if ((sizes[each] as number) > most) tooLarge.add(mailbox);
    else if (units.has(each)) units.get(each)?.push(mailbox);
    else units.set(each, [mailbox]);
  }
  const rest = byOrganisation(estate).map((unit) => unit.filter((mailbox) => tooLarge.has(mailbox)));
  return [...rest.filter(({ length }) => length > 0), ...units.values()];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function layOut(estate: Estate, calendar: JudgedCalendar, units: readonly Unit[], isWhole: boolean): Int32Array {
  // When would whose turn come if nobody had a last day? The second time those who have one are seen to first.
  const draft = new Layout(estate, calendar, false);
  for (const unit of units) draft.fill(unit, isWhole);
  const layout = new Layout(estate, calendar, true);
  layout.placeBefore(draft.placed);
  for (const unit of units) layout.fill(unit, isWhole);
  layout.fillUp();
  return layout.placed;
}

class Layout {
  readonly placed: Int32Array;
  readonly #estate: Estate;
  readonly #windows: readonly JudgedWindow[];
  readonly #closed: ReturnType<typeof closedWindows>;
  readonly #heedsLastDays: boolean;
  readonly #mailboxes: number[];
  readonly #bytes: number[];
  readonly #isLast: readonly boolean[];
  /** The first window with room for a mailbox. */
  #first = 0;
  /** By organisation: the last person's window, how many are still to be placed before those that come last, and these. */
  readonly #lastPerson: Int32Array;
  readonly #toCome: Int32Array;
  readonly #late = new Map<number, number[]>();

  constructor(estate: Estate, calendar: JudgedCalendar, heedsLastDays: boolean) {
    this.placed = new Int32Array(estate.addresses.length).fill(-1);
    this.#estate = estate;
    this.#windows = calendar.windows(estate.addresses.length);
    this.#closed = closedWindows(estate, calendar, this.#windows);
    this.#heedsLastDays = heedsLastDays;
    this.#mailboxes = this.#windows.map(({ mailboxes }) => mailboxes);
    this.#bytes = this.#windows.map(({ bytes }) => bytes);
    this.#isLast = mailboxKinds.map((_, kind) => calendar.kindsLast.includes(kind));
    this.#lastPerson = new Int32Array(estate.organisations.length).fill(-1);
    this.#toCome = new Int32Array(estate.organisations.length);
    for (const [mailbox, organisation] of estate.organisation.entries()) {
      if (!this.#comesLast(mailbox)) this.#toCome[organisation]!++;
      else this.#late.set(organisation, [...(this.#late.get(organisation) ?? []), mailbox]);
    }
  }

  /** Those with a last day, whoever has the fewest windows first, as near as may be to the turn of their unit. */
  placeBefore(turns: Int32Array): void {
    const hurried = Array.from(this.placed.keys()).filter(
      (mailbox) => this.#estate.notAfter[mailbox] !== '' && !this.#comesLast(mailbox),
    );
    const choices = new Map(
      hurried.map((mailbox) => [mailbox, [...this.#windows.keys()].filter((window) => this.#may(mailbox, window))]),
    );
    hurried.sort((a, b) => (choices.get(a)?.length ?? 0) - (choices.get(b)?.length ?? 0) || a - b);
    for (const mailbox of hurried) {
      const turn = turns[mailbox] as number;
      const near = (choices.get(mailbox) ?? []).sort((a, b) => this.#apart(a, turn) - this.#apart(b, turn) || b - a);
      const window = near.find((each) => this.#fits(mailbox, each));
      if (window !== undefined) this.#place(mailbox, window);
    }
  }

  /** One after the other into the first window that takes each; `isWhole`: into the first that takes all who have no dates. */
  fill(unit: Unit, isWhole: boolean): void {
    const waiting = unit.filter((mailbox) => this.placed[mailbox] === -1 && !this.#comesLast(mailbox));
    const together = isWhole ? this.#firstForAll(waiting.filter((mailbox) => !this.#hasDates(mailbox))) : -1;
    for (const mailbox of waiting) {
      const from = together >= 0 ? together : this.#first;
      const window = this.#firstFor(mailbox, from) ?? this.#firstFor(mailbox, this.#first);
      if (window !== null) this.#place(mailbox, window);
      else this.#passed(this.#estate.organisation[mailbox] as number);
    }
    for (const mailbox of unit) {
      const organisation = this.#estate.organisation[mailbox] as number;
      if (this.#comesLast(mailbox) && this.#toCome[organisation] === 0) this.#placeLate(organisation);
    }
  }

  /** Whoever has no place yet gets any. */
  fillUp(): void {
    for (const [mailbox, window] of this.placed.entries()) {
      if (window >= 0) continue;
      const found = this.#firstFor(mailbox, 0);
      if (found !== null) this.#place(mailbox, found);
    }
  }

  #comesLast(mailbox: number): boolean {
    return this.#isLast[this.#estate.kind[mailbox] as number] === true;
  }

  #hasDates(mailbox: number): boolean {
    return this.#estate.notBefore[mailbox] !== '' || this.#estate.notAfter[mailbox] !== '';
  }

  #may(mailbox: number, window: number): boolean {
    const { day } = this.#windows[window] as JudgedWindow;
    const organisation = this.#estate.organisation[mailbox] as number;
    if (day < (this.#estate.notBefore[mailbox] as string)) return false;
    const until = this.#estate.notAfter[mailbox] as string;
    if (this.#heedsLastDays && until !== '' && day > until) return false;
    if (this.#closed.get(organisation)?.has(window)) return false;
    return !this.#comesLast(mailbox) || window > (this.#lastPerson[organisation] as number);
  }

  #fits(mailbox: number, window: number): boolean {
    return (
      (this.#mailboxes[window] as number) > 0 &&
      (this.#bytes[window] as number) >= (this.#estate.sizeBytes[mailbox] as number)
    );
  }

  #apart(one: number, other: number): number {
    return Math.abs((this.#windows[one]?.dayNumber ?? 0) - (this.#windows[other]?.dayNumber ?? 0));
  }

  #firstFor(mailbox: number, from: number): number | null {
    for (let window = from; window < this.#windows.length; window++)
      if (this.#fits(mailbox, window) && this.#may(mailbox, window)) return window;
    return null;
  }

  #firstForAll(mailboxes: Unit): number {
    const bytes = mailboxes.reduce((sum, mailbox) => sum + (this.#estate.sizeBytes[mailbox] as number), 0);
    const organisations = new Set(mailboxes.map((mailbox) => this.#estate.organisation[mailbox] as number));
    for (let window = this.#first; window < this.#windows.length; window++) {
      if ((this.#mailboxes[window] as number) < mailboxes.length || (this.#bytes[window] as number) < bytes) continue;
      if (organisations.values().every((each) => !this.#closed.get(each)?.has(window))) return window;
    }
    return -1;
  }

  #place(mailbox: number, window: number): void {
    const organisation = this.#estate.organisation[mailbox] as number;
    this.placed[mailbox] = window;
    this.#mailboxes[window]! -= 1;
    this.#bytes[window]! -= this.#estate.sizeBytes[mailbox] as number;
    while (this.#mailboxes[this.#first] === 0) this.#first++;
    if (this.#comesLast(mailbox)) return;
    this.#lastPerson[organisation] = Math.max(this.#lastPerson[organisation] as number, window);
    this.#passed(organisation);
  }

  #passed(organisation: number): void {
    if (--this.#toCome[organisation]! === 0) this.#placeLate(organisation);
  }

  /** Everybody else of the organisation has a place. */
  #placeLate(organisation: number): void {
    for (const mailbox of this.#late.get(organisation) ?? []) {
      if (this.placed[mailbox] !== -1) continue;
      const window = this.#firstFor(mailbox, this.#first);
      if (window !== null) this.#place(mailbox, window);
    }
  }
}
