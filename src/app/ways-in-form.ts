/** The settings of ways in (godwit.yaml, `ways-in`): declared once, as `estate-settings.ts` does it, and read. */

import Type, { type Static } from 'typebox';
import { usualWaysIn, waysIn, type WaysInSettings } from '#domain/ways-in.ts';
import { section } from './setting-forms.ts';

const each = 'mx (mail), proxy (people, through nginx or a Dovecot proxy) and direct (people, at the server itself)';

const ways = Type.Array(Type.Enum([...waysIn], { about: { is: 'a way in', expected: 'mx, proxy or direct' } }));

export const waysInForm = section(
  'by which ways mail and people come to mailboxes of the source (docs/coexistence.md, Ways in)',
  {
    by: Type.Array(ways.items, {
      default: [...usualWaysIn.usual],
      about: {
        is: 'the ways that there are',
        expected: `a list of ${each}`,
        changeWhen: 'one of them is closed: leaving it out is your word that nobody comes by it.',
      },
    }),
    organisations: Type.Record(Type.String(), ways, {
      default: {},
      about: {
        is: 'organisations of which it is otherwise, by their codes; what is below them follows them',
        expected: 'codes with a list each, as in RXY: [mx, direct]',
      },
    }),
  },
);

/** Where doors are told of and ways are not, all ways are meant; where neither is, nothing is promised. */
export function waysInOf(form: Static<typeof waysInForm> | undefined, hasDoors: boolean): WaysInSettings | null {
  if (form === undefined) return hasDoors ? usualWaysIn : null;
  return { usual: form.by, elsewhere: form.organisations };
}
