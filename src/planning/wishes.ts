/**
 * Local wishes become part of what a planner is asked. An organisation speaks for its own, which are its mailboxes and those
 * of all organisations below it, and for nobody else. Days on which they cannot are kept unless somebody
 * would have no window by it; whatever else is wished is granted where it breaks nothing that is hard.
 */

import type { RowProblem } from '#domain/estate-columns.ts';
import { windowFrom } from '#domain/window.ts';
import { OrganisationTree } from './organisation-tree.ts';
import type { LastWish, PlanningOrder } from './placement.ts';
import type { Wish } from './wishes-file.ts';

/** A wish that was understood; of those who wish to move together it is one for the whole group. */
export interface AskedWish {
  readonly kind: Wish['kind'];
  /** Of the file, one for each line of a group. */
  readonly lines: readonly number[];
  /** The number of the organisation that asks. */
  readonly organisation: number;
  readonly group: string | null;
  /** For whom, in the order of their numbers. */
  readonly mailboxes: Int32Array;
  /** Of `not-on` and `within`: the windows in which they cannot, 1 for each. */
  readonly barred: Uint8Array | null;
  /** Why it is not part of the order: nothing would be left to them. Null where it is. */
  readonly passedOver: string | null;
}

export interface AppliedWishes {
  /** With the wishes in it. */
  readonly order: PlanningOrder;
  readonly asked: readonly AskedWish[];
  /** Of lines that name what is not there or not theirs, in their order. They are no part of the order. */
  readonly problems: readonly RowProblem[];
}

/** `order` with these wishes in it, and what was wrong with some of them. */
export function applyWishes(order: PlanningOrder, wishes: readonly Wish[]): AppliedWishes {
  const hearing = new Hearing(order);
  for (const wish of wishes) hearing.hear(wish);
  return hearing.end();
}

class Hearing {
  readonly #order: PlanningOrder;
  readonly #tree: OrganisationTree;
  readonly #asked: AskedWish[] = [];
  readonly #problems: RowProblem[] = [];
  readonly #groups = new Map<string, { lines: number[]; organisation: number; group: string; members: Set<number> }>();
  /** Windows in which organisations cannot, and single mailboxes. */
  readonly #barredOf: (Uint8Array | null)[];
  readonly #barred = new Map<number, Uint8Array>();
  /** The wishes that say so of single mailboxes. */
  readonly #ofOne = new Set<AskedWish>();
  /** Who wishes to be last, by the organisation that asks. */
  readonly #last = new Map<number, Set<number>>();
  /** The last local day that each window touches, for the days of wishes. */
  readonly #endDays: readonly string[];

  constructor(order: PlanningOrder) {
    this.#order = order;
    this.#tree = new OrganisationTree(order.roster);
    this.#barredOf = order.closed.map(() => null);
    const { timezone } = order.calendar;
    this.#endDays = order.windows.map(({ closesAt }) => windowFrom(closesAt - 1, closesAt, timezone).day);
  }

  hear(wish: Wish): void {
    const organisation = this.#tree.numberOf(wish.organisation);
    if (organisation === null) return this.#refuse(wish, `There is no organisation ${wish.organisation}.`);
    const whom = this.#whom(wish, organisation);
    if (typeof whom === 'string') return this.#refuse(wish, whom);
    if (wish.kind === 'not-on' || wish.kind === 'within') return this.#hearDays(wish, organisation, whom);
    const mailboxes = whom.mailbox === null ? this.#tree.membersOf(whom.organisations) : [whom.mailbox];
    if (wish.kind === 'last') {
      const known = this.#last.get(organisation) ?? new Set();
      for (const mailbox of mailboxes) known.add(mailbox);
      this.#last.set(organisation, known);
      return this.#enter({
        ...plainly,
        kind: 'last',
        lines: [wish.line],
        organisation,
        mailboxes: columnOf(mailboxes),
      });
    }
    const key = `${organisation} ${wish.group}`;
    const known = this.#groups.get(key) ?? { lines: [], organisation, group: wish.group, members: new Set() };
    known.lines.push(wish.line);
    for (const mailbox of mailboxes) known.members.add(mailbox);
    this.#groups.set(key, known);
  }

  #hearDays(wish: Extract<Wish, { kind: 'not-on' | 'within' }>, organisation: number, whom: Whom): void {
    const { windows } = this.#order;
    const touched = windows.map(({ day }, i) =>
      wish.kind === 'within'
        ? day < wish.from || (wish.until !== null && day > wish.until)
        : day <= wish.until && (this.#endDays[i] as string) >= wish.from,
    );
    const barred = Uint8Array.from(touched, Number);
    const mailboxes = whom.mailbox === null ? this.#tree.membersOf(whom.organisations) : [whom.mailbox];
    const asked = { ...plainly, kind: wish.kind, lines: [wish.line], organisation, mailboxes: columnOf(mailboxes) };
    if (!barred.includes(1)) return this.#enter({ ...asked, barred });
    if (whom.mailbox !== null) {
      const before = this.#barred.get(whom.mailbox) ?? new Uint8Array(windows.length);
      this.#barred.set(whom.mailbox, either(before, barred));
      const entered: AskedWish = { ...asked, barred };
      this.#ofOne.add(entered);
      return this.#enter(entered);
    }
    const left = whom.organisations.filter((each) => this.#leavesSomething(each, barred));
    for (const each of left)
      this.#barredOf[each] = either(this.#barredOf[each] ?? new Uint8Array(windows.length), barred);
    const passedOver = left.length === 0 ? 'it would leave them no window at all' : null;
    this.#enter({ ...asked, barred, passedOver });
  }

  /** Whether an organisation, for which some window is open, keeps one. */
  #leavesSomething(organisation: number, barred: Uint8Array): boolean {
    const closed = this.#order.closed[organisation];
    const before = this.#barredOf[organisation];
    return this.#order.windows.some(
      ({ mailboxes }, i) => mailboxes > 0 && closed?.[i] !== 1 && before?.[i] !== 1 && barred[i] !== 1,
    );
  }

  end(): AppliedWishes {
    for (const { lines, organisation, group, members } of this.#groups.values()) {
      const mailboxes = columnOf([...members].toSorted((a, b) => a - b));
      if (mailboxes.length < 2)
        this.#problems.push({
          line: lines[0] ?? 0,
          column: null,
          problem: `Of the group ${JSON.stringify(group)} there is only one. Whoever wishes to move together is named, each in a line.`,
        });
      else this.#enter({ ...plainly, kind: 'together', lines, organisation, group, mailboxes });
    }
    const { order, tooNarrow } = this.#ordered();
    const asked = this.#asked.map((wish) => {
      const [mailbox] = wish.mailboxes;
      return this.#ofOne.has(wish) && tooNarrow.has(mailbox as number)
        ? { ...wish, passedOver: 'with their own dates it would leave them no window at all' }
        : wish;
    });
    return {
      order,
      asked: asked.toSorted((a, b) => (a.lines[0] as number) - (b.lines[0] as number)),
      problems: this.#problems.toSorted((a, b) => a.line - b.line),
    };
  }

  #ordered(): { readonly order: PlanningOrder; readonly tooNarrow: ReadonlySet<number> } {
    const tooNarrow = new Set(
      [...this.#barred].flatMap(([each, barred]) => (this.#hasAny(each, barred) ? [] : [each])),
    );
    const ofMailbox = new Map([...this.#barred].filter(([mailbox]) => !tooNarrow.has(mailbox)));
    const isAnyBarred = ofMailbox.size > 0 || this.#barredOf.some((each) => each !== null);
    const order = {
      ...this.#order,
      barred: isAnyBarred ? { ofOrganisation: this.#barredOf, ofMailbox } : null,
      together: this.#together(),
      lastWishes: this.#lastWishes(),
    };
    return { order, tooNarrow };
  }

  /** Whether a mailbox keeps a window between its own dates. */
  #hasAny(mailbox: number, barred: Uint8Array): boolean {
    const { roster, windows, closed } = this.#order;
    const [first, last] = [roster.notBefore[mailbox] as number, roster.notAfter[mailbox] as number];
    const home = roster.organisation[mailbox] as number;
    return windows.some(
      ({ dayNumber, mailboxes }, i) =>
        mailboxes > 0 &&
        dayNumber >= first &&
        dayNumber <= last &&
        closed[home]?.[i] !== 1 &&
        this.#barredOf[home]?.[i] !== 1 &&
        barred[i] !== 1,
    );
  }

  /** Those of whoever speaks for most first, so that a ward's own order is made within what is asked of the ward. */
  #lastWishes(): readonly LastWish[] | null {
    const wishes = [...this.#last].map(([organisation, mailboxes]) => ({
      mailboxes: columnOf([...mailboxes].toSorted((a, b) => a - b)),
      organisations: this.#tree.under(organisation),
    }));
    return wishes.length === 0 ? null : wishes.toSorted((a, b) => b.organisations.length - a.organisations.length);
  }

  /** Pairs of all who wish to move together: each with the first of its group, as grants of the heaviest kind, twice over. */
  #together(): PlanningOrder['together'] {
    const before = this.#order.together;
    const a = [...(before?.a ?? [])];
    const b = [...(before?.b ?? [])];
    const weight = [...(before?.weight ?? [])];
    const heavy = 2 * Math.max(1, ...Object.values(this.#order.calendar.weights));
    for (const { kind, mailboxes } of this.#asked) {
      if (kind !== 'together') continue;
      for (const mailbox of mailboxes.subarray(1)) {
        a.push(mailboxes[0] as number);
        b.push(mailbox);
        weight.push(heavy);
      }
    }
    return a.length === 0 ? null : { a: Int32Array.from(a), b: Int32Array.from(b), weight: Float64Array.from(weight) };
  }

  /** For whom a wish is; words for a person where it is for nobody of theirs. */
  #whom({ whom, organisation: asking }: Wish, organisation: number): Whom | string {
    const { roster } = this.#order;
    if (whom === null) return { mailbox: null, organisations: this.#tree.under(organisation) };
    if ('code' in whom) {
      const meant = this.#tree.numberOf(whom.code);
      if (meant === null) return `There is no organisation ${whom.code}.`;
      if (!this.#tree.isUnder(meant, organisation))
        return `${whom.code} is not below ${asking}: an organisation may only speak for its own.`;
      return { mailbox: null, organisations: this.#tree.under(meant) };
    }
    const mailbox = roster.find(whom.address);
    if (mailbox < 0) return `Nobody in the estate has the address ${whom.address}.`;
    if (!this.#tree.isUnder(roster.organisation[mailbox] as number, organisation))
      return `${whom.address} is not of ${asking}: an organisation may only speak for its own.`;
    return { mailbox, organisations: [] };
  }

  #refuse({ line }: Wish, problem: string): void {
    this.#problems.push({ line, column: null, problem });
  }

  #enter(wish: AskedWish): void {
    this.#asked.push(wish);
  }
}

interface Whom {
  /** Null: all of `organisations`. */
  readonly mailbox: number | null;
  readonly organisations: readonly number[];
}

const plainly = { group: null, barred: null, passedOver: null };

function either(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((closed, i) => closed | (b[i] as number));
}

function columnOf(mailboxes: readonly number[]): Int32Array {
  return Int32Array.from(mailboxes);
}
