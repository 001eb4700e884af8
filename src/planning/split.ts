/** Grants whose two ends move on different days: between the two, something does not work for somebody. */

import type { PlanningOrder } from './placement.ts';
import { type Moves, noMove } from './moves.ts';
import { type GrantKind, grantKinds } from '#domain/estate.ts';

/** Which end moves first: the mailbox, or whoever was given something to do with it. */
export const splitSides = ['mailbox', 'grantee'] as const;
export type SplitSide = (typeof splitSides)[number];

/** One object for all of them, filled anew for each: there are hundreds of thousands. */
export interface Split {
  /** Its number among the grants of the roster. */
  grant: number;
  mailbox: number;
  grantee: number;
  kind: GrantKind;
  first: SplitSide;
  /** Day numbers: on the first the one end moves, on the last the other follows. */
  fromDay: number;
  untilDay: number;
  days: number;
  /** Its days by the weight of its kind. */
  grantDays: number;
}

/** A grant of which one end moves and the other has no window: split from then on, and nobody knows for how long. */
export type OpenSplit = Pick<Split, 'grant' | 'mailbox' | 'grantee' | 'kind' | 'first' | 'fromDay'>;

/**
 * Tells `each` of every grant that is split, and `open` of those for whose end there is no day, in the order of the roster; gives what
 * cannot be said of the others.
 */
export function eachSplit(
  order: PlanningOrder,
  { day }: Moves,
  each: (split: Readonly<Split>) => void,
  open: (split: Readonly<OpenSplit>) => void = () => undefined,
): OpenGrants {
  const { roster, calendar } = order;
  const { mailbox, grantee, kind } = roster.grants;
  const weights = grantKinds.map((each) => calendar.weights[each]);
  const split: Split = {
    grant: 0,
    mailbox: 0,
    grantee: 0,
    kind: 'folder',
    first: 'mailbox',
    fromDay: 0,
    untilDay: 0,
    days: 0,
    grantDays: 0,
  };
  let [together, oneMoves, neitherMoves] = [0, 0, 0];
  for (let g = 0; g < mailbox.length; g++) {
    const [owner, user] = [mailbox[g] as number, grantee[g] as number];
    const [ofOwner, ofUser] = [day[owner] as number, day[user] as number];
    if (ofOwner === ofUser) {
      if (ofOwner === noMove) neitherMoves++;
      else together++;
      continue;
    }
    if (ofOwner === noMove || ofUser === noMove) {
      oneMoves++;
      const first = ofOwner === noMove ? 'grantee' : 'mailbox';
      const named = grantKinds[kind[g] as number] as GrantKind;
      open({ grant: g, mailbox: owner, grantee: user, kind: named, first, fromDay: Math.max(ofOwner, ofUser) });
      continue;
    }
    const number = kind[g] as number;
    split.grant = g;
    split.mailbox = owner;
    split.grantee = user;
    split.kind = grantKinds[number] as GrantKind;
    split.first = ofOwner < ofUser ? 'mailbox' : 'grantee';
    split.fromDay = Math.min(ofOwner, ofUser);
    split.untilDay = Math.max(ofOwner, ofUser);
    split.days = split.untilDay - split.fromDay;
    split.grantDays = split.days * (weights[number] as number);
    each(split);
  }
  return { together, oneMoves, neitherMoves };
}

export interface OpenGrants {
  /** Both ends move on one day. */
  readonly together: number;
  /** One end moves and the other has no window: split for as long as that is so. */
  readonly oneMoves: number;
  /** Neither has one. */
  readonly neitherMoves: number;
}
