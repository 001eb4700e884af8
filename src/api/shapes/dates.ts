/** Days that people ask for. */

import Type from 'typebox';
import { type DateWish, wishStates } from '#domain/dates.ts';
import { day, maybe, moment, named, oneOf, shapeOf, text } from './shape.ts';

export const dateWish = shapeOf<DateWish>()(
  named('DateWish', 'Days that were asked for, for a mailbox; the latest wish alone.', {
    address: text('Whose.'),
    organisation: text('The code of its organisation.'),
    state: oneOf(wishStates, 'Open; its window lies within by now; declined by a planner; or withdrawn by who asked.'),
    who: text('Who asked.'),
    why: text('Why.'),
    askedAt: moment('When.'),
    notBefore: day('The first day that would do.'),
    notAfter: maybe(day('The last day; null: any later one.')),
    day: maybe(day('Of the window that it has at present.')),
    wave: maybe(text('The wave of that window.')),
    answeredBy: maybe(text('Who answered.')),
    answeredAt: maybe(moment('When.')),
    answer: maybe(text('Why it was declined or withdrawn.')),
  }),
);

export const wishDeclined = named('WishDeclined', 'It was declined.', { kind: Type.Literal('declined') });
