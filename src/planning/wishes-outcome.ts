/** What became of each wish once it was planned: granted or not, and why, in words for those who asked. */

import { mailboxKinds } from '#domain/estate.ts';
import { OrganisationTree } from './organisation-tree.ts';
import { isBarred, notFixed, type Placement, type PlanningOrder } from './placement.ts';
import type { AppliedWishes, AskedWish } from './wishes.ts';

export interface WishOutcome {
  readonly kind: AskedWish['kind'];
  readonly lines: readonly number[];
  /** The code of the organisation that asked. */
  readonly organisation: string;
  readonly group: string | null;
  readonly mailboxes: number;
  readonly granted: 'yes' | 'in part' | 'no';
  /** One or two sentences. */
  readonly why: string;
}

/** Of all that were understood, in the order of their lines. `placement`: what was planned for the order with the wishes in it. */
export function wishesOutcome({ order, asked }: AppliedWishes, placement: Placement): readonly WishOutcome[] {
  const planned = new Planned(order, placement);
  return asked.map((wish) => {
    const { kind, lines, group, mailboxes } = wish;
    const organisation = order.roster.organisations[wish.organisation]?.code ?? '';
    const told = mailboxes.length === 0 ? nobody : outcomeOf[kind](wish, planned);
    return { kind, lines: lines.filter((line) => line > 0), organisation, group, mailboxes: mailboxes.length, ...told };
  });
}

type Told = Pick<WishOutcome, 'granted' | 'why'>;

const nobody: Told = { granted: 'yes', why: 'Nobody is meant: the organisation has no mailboxes.' };

const outcomeOf: Readonly<Record<AskedWish['kind'], (wish: AskedWish, planned: Planned) => Told>> = {
  'not-on': notOn,
  within,
  together,
  last,
};

function notOn({ mailboxes, barred, passedOver }: AskedWish, planned: Planned): Told {
  if (barred?.includes(1) !== true) return { granted: 'yes', why: 'No window touches these days.' };
  const moving = mailboxes.filter(
    (mailbox) => planned.windows[planned.windowOf(mailbox)] && barred[planned.windowOf(mailbox)] === 1,
  );
  const moved = mailboxes.filter((mailbox) => planned.isDecided(mailbox) && planned.isBarredDay(mailbox, barred));
  const homeless = mailboxes.filter((mailbox) => planned.isLeftOut(mailbox));
  const left =
    homeless.length === 0
      ? ''
      : ` ${planned.named(homeless)} ${homeless.length === 1 ? 'has' : 'have'} no place in the plan.`;
  if (moving.length + moved.length === 0)
    return { granted: 'yes', why: `Nobody of theirs moves on these days.${left}` };
  const why =
    passedOver !== null
      ? `It was passed over, since ${passedOver}.`
      : moved.length > 0
        ? `${planned.named(moved)} moved on these days already, or will in a wave that was started.`
        : `${planned.named(moving)} ${moving.length === 1 ? 'moves' : 'move'} on these days all the same.`;
  return { granted: moving.length + moved.length < mailboxes.length ? 'in part' : 'no', why: why + left };
}

function within({ mailboxes, barred, passedOver }: AskedWish, planned: Planned): Told {
  const who = planned.named(mailboxes);
  const day = planned.dayOf(mailboxes[0] as number);
  if (day === null) return { granted: 'no', why: `${who} has no place in the plan.` };
  const isOutside = mailboxes.some((mailbox) =>
    planned.isDecided(mailbox) ? planned.isBarredDay(mailbox, barred) : barred?.[planned.windowOf(mailbox)] === 1,
  );
  if (!isOutside) return { granted: 'yes', why: `${who} moves on ${dayText(day)}.` };
  const because = passedOver === null ? '' : ` It was passed over, since ${passedOver}.`;
  return { granted: 'no', why: `${who} moves on ${dayText(day)} all the same.${because}` };
}

function together({ mailboxes }: AskedWish, planned: Planned): Told {
  const days = new Map<number, number[]>();
  for (const mailbox of mailboxes) {
    const day = planned.dayOf(mailbox);
    if (day !== null) days.set(day, [...(days.get(day) ?? []), mailbox]);
  }
  const missing = mailboxes.filter((mailbox) => planned.dayOf(mailbox) === null);
  const [most, ...others] = [...days].toSorted(([, a], [, b]) => b.length - a.length);
  if (!most) return { granted: 'no', why: 'None of them has a place in the plan.' };
  const [day, those] = most;
  const apart = [...others.flatMap(([, each]) => each), ...missing];
  if (apart.length === 0) return { granted: 'yes', why: `All ${mailboxes.length} move on ${dayText(day)}.` };
  const share = `${those.length} of ${mailboxes.length} move on ${dayText(day)}`;
  const told = apart
    .slice(0, toldMost)
    .map((mailbox) => `${planned.address(mailbox)} ${planned.whyNotOn(mailbox, day)}`);
  const more = apart.length > told.length ? `; and ${apart.length - told.length} more` : '';
  return { granted: those.length > 1 ? 'in part' : 'no', why: `${share}; ${told.join('; ')}${more}.` };
}

function last({ organisation, mailboxes }: AskedWish, planned: Planned): Told {
  const those = new Set(mailboxes);
  const first = planned.daysOf([...those]).first;
  if (first === Number.POSITIVE_INFINITY) return { granted: 'no', why: 'None of them has a place in the plan.' };
  const others = planned.others(organisation, those);
  const final = planned.daysOf(others).last;
  if (final === Number.NEGATIVE_INFINITY) return { granted: 'yes', why: 'Nobody else of theirs is to move.' };
  if (first > final)
    return { granted: 'yes', why: `They move from ${dayText(first)} on, and the others until ${dayText(final)}.` };
  if (first === final)
    return { granted: 'in part', why: `They move on ${dayText(final)}, and so do the last of the others.` };
  const later = others.filter((mailbox) => (planned.dayOf(mailbox) ?? first) > first);
  const early = [...those].filter((mailbox) => (planned.dayOf(mailbox) ?? final) < final);
  const why = `The first of them moves on ${dayText(first)}, and ${planned.named(later)} later, until ${dayText(final)}.`;
  return { granted: early.length < those.size ? 'in part' : 'no', why };
}

/** By name are told so many, since each is a reason of its own. */
const toldMost = 3;
const dayMs = 24 * 3_600_000;

function dayText(dayNumber: number): string {
  return new Date(dayNumber * dayMs).toISOString().slice(0, 10);
}

/** A placement that can be asked about single mailboxes. */
class Planned {
  readonly #order: PlanningOrder;
  readonly #placement: Placement;
  readonly #lastKinds: ReadonlySet<number>;
  readonly #tree: OrganisationTree;
  readonly windows: PlanningOrder['windows'];

  constructor(order: PlanningOrder, placement: Placement) {
    this.#order = order;
    this.#placement = placement;
    this.windows = order.windows;
    this.#tree = new OrganisationTree(order.roster);
    this.#lastKinds = new Set(order.calendar.kindsLast.map((kind) => mailboxKinds.indexOf(kind)));
  }

  address(mailbox: number): string {
    return this.#order.roster.address(mailbox);
  }

  /** -1 for none. */
  windowOf(mailbox: number): number {
    return this.isDecided(mailbox) ? -1 : (this.#placement.window[mailbox] ?? -1);
  }

  isDecided(mailbox: number): boolean {
    return (this.#order.fixed?.[mailbox] ?? notFixed) !== notFixed;
  }

  isLeftOut(mailbox: number): boolean {
    return !this.isDecided(mailbox) && this.#order.excluded?.[mailbox] !== 1 && this.windowOf(mailbox) < 0;
  }

  dayOf(mailbox: number): number | null {
    if (this.isDecided(mailbox)) return this.#order.fixed?.[mailbox] ?? null;
    return this.windows[this.windowOf(mailbox)]?.dayNumber ?? null;
  }

  /** The first and the last day of those that have one; infinite where none has. */
  daysOf(mailboxes: readonly number[]): { readonly first: number; readonly last: number } {
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const mailbox of mailboxes) {
      const day = this.dayOf(mailbox);
      if (day !== null) [first, last] = [Math.min(first, day), Math.max(last, day)];
    }
    return { first, last };
  }

  isBarredDay(mailbox: number, barred: Uint8Array | null): boolean {
    const day = this.dayOf(mailbox);
    return this.windows.some(({ dayNumber }, i) => dayNumber === day && barred?.[i] === 1);
  }

  /** Everybody else of an organisation and those below it who could come after them: not what always moves last. */
  others(organisation: number, without: ReadonlySet<number>): readonly number[] {
    const all = this.#tree.membersOf(this.#tree.under(organisation));
    return all.filter((each) => !without.has(each) && !this.#lastKinds.has(this.#order.roster.kind[each] as number));
  }

  /** The first by name, and how many more there are. */
  named(mailboxes: ArrayLike<number>): string {
    const first = this.address(mailboxes[0] as number);
    return mailboxes.length === 1 ? first : `${first} and ${mailboxes.length - 1} more`;
  }

  /** What keeps a mailbox from moving with the others on that day, as far as a single reason can be told. */
  whyNotOn(mailbox: number, day: number): string {
    const { roster, closed, excluded } = this.#order;
    const own = this.dayOf(mailbox);
    const moves = own === null ? 'has no place' : `on ${dayText(own)}`;
    if (this.isDecided(mailbox)) return `moves ${moves}, which stands already`;
    if (excluded?.[mailbox] === 1) return 'is held back';
    if (day < (roster.notBefore[mailbox] as number) || day > (roster.notAfter[mailbox] as number))
      return `${moves}, since its own dates do not allow that day`;
    const shut = closed[roster.organisation[mailbox] as number];
    const windows = this.windows.flatMap(({ dayNumber }, i) => (dayNumber === day ? [i] : []));
    if (windows.length > 0 && windows.every((i) => shut?.[i] === 1))
      return `${moves}, since its organisation cannot on that day`;
    const isOwnWish = (i: number): boolean =>
      isBarred(this.#order.barred, roster.organisation[mailbox] as number, mailbox, i);
    if (windows.length > 0 && windows.every((i) => shut?.[i] === 1 || isOwnWish(i)))
      return `${moves}, since it was asked that it does not move on that day`;
    if (this.#lastKinds.has(roster.kind[mailbox] as number)) return `${moves}, since its kind moves last`;
    return `${moves}, since no room was left or others would have been parted by it`;
  }
}
