/**
 * Who has a mailbox in an estate to plan, and with whom they sit: wards and departments, teams of 8 to 40 with a shared mailbox or
 * without, rooms, application accounts, and those of whom nobody ever gave anybody anything. Which team somebody is in
 * stands in no file; the grants show it. Within an organisation the numbers are shuffled, so that their order shows nothing.
 */

import type { Chance } from '#lib/chance.ts';
import type { MailboxKind } from '#domain/estate.ts';
import type { MadeOrganisation, Sort } from './made-organisations.ts';

export interface Team {
  readonly organisation: number;
  /** Its shared mailboxes: none, one or two. */
  readonly desks: readonly number[];
  readonly members: readonly number[];
}

/** What an organisation is inside. */
export interface Staff {
  /** A department after the other, of about six teams each. */
  readonly teams: readonly Team[];
  readonly rooms: readonly number[];
  readonly applications: readonly number[];
}

export interface MadePeople {
  readonly kind: Uint8Array;
  readonly staff: readonly Staff[];
}

/** The order of `mailboxKinds`. */
export const person = 0;
const shared = 1;
const room = 2;
export const application = 3;
export const kindWords = ['person', 'shared', 'room', 'application'] as const satisfies readonly MailboxKind[];

export const teamsInDepartment = 6;

interface Habits {
  /** Of all its mailboxes. */
  readonly applications: number;
  readonly rooms: number;
  /** Neither give nor have any access. */
  readonly alone: number;
  /** Shared mailboxes that belong to no team, and nobody has access to any more. */
  readonly forgotten: number;
}

const habits: Readonly<Record<Sort, Habits>> = {
  region: { applications: 0.02, rooms: 0.04, alone: 0.09, forgotten: 0.02 },
  trust: { applications: 0.013, rooms: 0.03, alone: 0.045, forgotten: 0.01 },
  practice: { applications: 0.02, rooms: 0.01, alone: 0.08, forgotten: 0.01 },
  'care home': { applications: 0.004, rooms: 0, alone: 0.25, forgotten: 0 },
  pharmacy: { applications: 0.004, rooms: 0, alone: 0.2, forgotten: 0 },
};

export function makePeople(organisations: readonly MadeOrganisation[], chance: Chance): MadePeople {
  const last = organisations.at(-1);
  const kind = new Uint8Array(last ? last.first + last.mailboxes : 0);
  const staff = organisations.map((organisation, number) => staffOf(organisation, number, kind, chance));
  return { kind, staff };
}

function staffOf({ sort, first, mailboxes }: MadeOrganisation, organisation: number, kind: Uint8Array, chance: Chance) {
  const waiting = shuffled(first, mailboxes, chance);
  const take = (share: number, as: number): number[] => {
    const taken = waiting.splice(0, Math.min(waiting.length - 2, roughly(mailboxes * share, chance)));
    for (const mailbox of taken) kind[mailbox] = as;
    return taken;
  };
  const { applications, rooms, alone, forgotten } = habits[sort];
  const staff = { applications: take(applications, application), rooms: take(rooms, room), teams: [] as Team[] };
  take(alone, person);
  take(forgotten, shared);
  while (waiting.length > 0) {
    const wanted = chance.between(8, 40);
    // Whoever would be left in a team of two or three joins the last one.
    const members = waiting.splice(0, waiting.length - wanted < 8 ? waiting.length : wanted);
    const hasDesk = members.length >= 2 && (sort === 'pharmacy' || chance.below(100) < 86);
    const desks = members.splice(0, hasDesk ? (members.length >= 10 && chance.below(100) < 50 ? 2 : 1) : 0);
    for (const desk of desks) kind[desk] = shared;
    staff.teams.push({ organisation, desks, members });
  }
  return staff;
}

function shuffled(first: number, count: number, chance: Chance): number[] {
  const numbers = Array.from({ length: count }, (_, i) => first + i);
  for (let i = count - 1; i > 0; i--) {
    const j = chance.below(i + 1);
    const other = numbers[j] as number;
    numbers[j] = numbers[i] as number;
    numbers[i] = other;
  }
  return numbers;
}

/** A whole number whose mean is `wanted`. */
export function roughly(wanted: number, chance: Chance): number {
  return Math.floor(wanted + chance.below(1_000_000) / 1_000_000);
}
