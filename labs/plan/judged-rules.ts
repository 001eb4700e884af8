/** What a plan must keep, rule by rule, and who breaks it. */

import { type JudgedCalendar, type JudgedWindow, touches } from './calendar-windows.ts';
import { type Estate, mailboxKinds } from './estate-files.ts';

export const rules = [
  'an address that is in the estate',
  'every mailbox once',
  'a window that is in the calendar',
  'the name of its wave',
  'capacity in mailboxes',
  'capacity in bytes',
  'a blackout of its organisation',
  'not before its day',
  'not after its day',
  'kinds that come last',
  'somebody in the pilot',
  'nobody left out who would fit',
] as const;
export type Rule = (typeof rules)[number];

export interface Violation {
  readonly rule: Rule;
  readonly count: number;
  /** The first few, in words. */
  readonly examples: readonly string[];
}

export function judgeRules(
  estate: Estate,
  calendar: JudgedCalendar,
  windows: readonly JudgedWindow[],
  placed: Int32Array,
  findings: Findings,
): void {
  const closed = closedWindows(estate, calendar, windows);
  const used = capacity(estate, windows, placed, findings);
  datesAndBlackouts(estate, windows, closed, placed, findings);
  const bounds = kindsLast(estate, calendar, windows, placed, findings);
  const isOpen = openTo(estate, calendar, windows, closed, bounds);
  pilot(estate, calendar, windows, placed, isOpen, findings);
  leftOut(estate, windows, placed, used, isOpen, findings);
}

/** Who has been found to break what. */
export class Findings {
  readonly #found = new Map<Rule, { count: number; examples: string[] }>();

  note(rule: Rule, example: () => string): void {
    const found = this.#found.get(rule) ?? { count: 0, examples: [] };
    this.#found.set(rule, found);
    found.count++;
    if (found.examples.length < 5) found.examples.push(example());
  }

  violations(): readonly Violation[] {
    return rules.flatMap((rule) => {
      const found = this.#found.get(rule);
      return found ? [{ rule, ...found }] : [];
    });
  }
}

/** For each organisation in a blackout of its own the windows that it closes, by their numbers. */
export type Closed = ReadonlyMap<number, ReadonlySet<number>>;

export function closedWindows(
  { organisations }: Estate,
  { freezes }: JudgedCalendar,
  windows: readonly JudgedWindow[],
): Closed {
  const parents = new Map(organisations.map(({ code, parent }) => [code, parent]));
  const closed = new Map<number, Set<number>>();
  for (const [number, { code }] of organisations.entries()) {
    const line = new Set([code]);
    for (let above = parents.get(code); above && !line.has(above); above = parents.get(above)) line.add(above);
    for (const freeze of freezes) {
      if (!freeze.organisations.includes(code) && !freeze.under.some((each) => line.has(each))) continue;
      const found = closed.get(number) ?? new Set();
      closed.set(number, found);
      for (const [i, window] of windows.entries()) if (touches(window, freeze)) found.add(i);
    }
  }
  return closed;
}

interface Used {
  readonly mailboxes: Float64Array;
  readonly bytes: Float64Array;
}

function capacity(estate: Estate, windows: readonly JudgedWindow[], placed: Int32Array, findings: Findings): Used {
  const used = { mailboxes: new Float64Array(windows.length), bytes: new Float64Array(windows.length) };
  for (const [mailbox, window] of placed.entries()) {
    if (window < 0) continue;
    used.mailboxes[window]! += 1;
    used.bytes[window]! += estate.sizeBytes[mailbox] as number;
  }
  for (const [i, { wave, mailboxes, bytes }] of windows.entries()) {
    const [many, much] = [used.mailboxes[i] as number, used.bytes[i] as number];
    if (many > mailboxes) findings.note('capacity in mailboxes', () => `${wave}: ${many} of ${mailboxes}`);
    if (much > bytes) findings.note('capacity in bytes', () => `${wave}: ${much} of ${bytes}`);
  }
  return used;
}

function datesAndBlackouts(
  estate: Estate,
  windows: readonly JudgedWindow[],
  closed: Closed,
  placed: Int32Array,
  findings: Findings,
): void {
  for (const [mailbox, number] of placed.entries()) {
    const window = windows[number];
    if (!window) continue;
    const [from, until] = [estate.notBefore[mailbox] as string, estate.notAfter[mailbox] as string];
    const tell = (why: string) => () => `${estate.addresses[mailbox]} in ${window.wave}${why}`;
    if (closed.get(estate.organisation[mailbox] as number)?.has(number))
      findings.note('a blackout of its organisation', tell(''));
    if (from !== '' && window.day < from) findings.note('not before its day', tell(`, not before ${from}`));
    if (until !== '' && window.day > until) findings.note('not after its day', tell(`, not after ${until}`));
  }
}

/** By organisation: the start of the last placed person's window, and of the first placed mailbox of a kind that comes last. */
interface Bounds {
  readonly lastPerson: readonly string[];
  readonly firstLate: readonly string[];
}

const never = '9999';

function kindsLast(
  estate: Estate,
  calendar: JudgedCalendar,
  windows: readonly JudgedWindow[],
  placed: Int32Array,
  findings: Findings,
): Bounds {
  const lastPerson = estate.organisations.map(() => '');
  const firstLate = estate.organisations.map(() => never);
  for (const [mailbox, number] of placed.entries()) {
    const window = windows[number];
    if (!window) continue;
    const organisation = estate.organisation[mailbox] as number;
    const kind = estate.kind[mailbox] as number;
    if (kind === mailboxKinds.indexOf('person') && window.start > (lastPerson[organisation] as string))
      lastPerson[organisation] = window.start;
    if (calendar.kindsLast.includes(kind) && window.start < (firstLate[organisation] as string))
      firstLate[organisation] = window.start;
  }
  for (const [mailbox, number] of placed.entries()) {
    const window = windows[number];
    if (!window || !calendar.kindsLast.includes(estate.kind[mailbox] as number)) continue;
    const last = lastPerson[estate.organisation[mailbox] as number] as string;
    if (window.start <= last)
      findings.note(
        'kinds that come last',
        () => `${estate.addresses[mailbox]} in ${window.wave}, a person of its organisation in ${last}`,
      );
  }
  return { lastPerson, firstLate };
}

/** Whether a mailbox might move in a window, were there room, without anybody else moving elsewhere. */
type IsOpen = (mailbox: number, window: number) => boolean;

function openTo(
  estate: Estate,
  calendar: JudgedCalendar,
  windows: readonly JudgedWindow[],
  closed: Closed,
  { lastPerson, firstLate }: Bounds,
): IsOpen {
  return (mailbox, number) => {
    const { day, start } = windows[number] as JudgedWindow;
    const organisation = estate.organisation[mailbox] as number;
    const kind = estate.kind[mailbox] as number;
    if (closed.get(organisation)?.has(number)) return false;
    if (day < (estate.notBefore[mailbox] as string)) return false;
    if (day > (estate.notAfter[mailbox] || never)) return false;
    if (calendar.kindsLast.includes(kind) && start <= (lastPerson[organisation] as string)) return false;
    return kind !== mailboxKinds.indexOf('person') || start < (firstLate[organisation] as string);
  };
}

/** At least one, unless nobody could. Whoever moves to the first window from a later one stands in nobody's way. */
function pilot(
  estate: Estate,
  { hasPilot }: JudgedCalendar,
  windows: readonly JudgedWindow[],
  placed: Int32Array,
  isOpen: IsOpen,
  findings: Findings,
): void {
  const first = windows[0];
  if (!hasPilot || !first || placed.includes(0)) return;
  const could = placed.findIndex(
    (_, mailbox) => (estate.sizeBytes[mailbox] as number) <= first.bytes && isOpen(mailbox, 0),
  );
  if (could >= 0) findings.note('somebody in the pilot', () => `${estate.addresses[could]} could be`);
}

function leftOut(
  estate: Estate,
  windows: readonly JudgedWindow[],
  placed: Int32Array,
  used: Used,
  isOpen: IsOpen,
  findings: Findings,
): void {
  for (const [mailbox, number] of placed.entries()) {
    if (number >= 0) continue;
    const fits = windows.find(
      (window, i) =>
        (used.mailboxes[i] as number) < window.mailboxes &&
        (used.bytes[i] as number) + (estate.sizeBytes[mailbox] as number) <= window.bytes &&
        isOpen(mailbox, i),
    );
    if (fits) findings.note('nobody left out who would fit', () => `${estate.addresses[mailbox]} in ${fits.wave}`);
  }
}
