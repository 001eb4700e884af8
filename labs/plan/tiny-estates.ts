/** Estates of a handful of people with a calendar of a few evenings, made up by chance with everything in them that is hard. */

import fc from 'fast-check';
import { grantKinds, mailboxKinds } from './estate-files.ts';

/** As files. */
export interface TinyEstate {
  readonly organisations: string;
  readonly mailboxes: string;
  readonly grants: string;
  readonly calendar: string;
}

/** A Monday; a window may open on any of the days from it on. */
const days = ['2026-08-03', '2026-08-04', '2026-08-06', '2026-08-10', '2026-08-13', '2026-08-14'];
const everyDay = Array.from({ length: 12 }, (_, i) => `2026-08-${String(3 + i).padStart(2, '0')}`);
const codes = ['Q', 'A', 'B'];

export interface Limits {
  readonly mailboxes: number;
  readonly windows: number;
}

export function tinyEstates({ mailboxes, windows }: Limits): fc.Arbitrary<TinyEstate> {
  const day = fc.option(fc.constantFrom(...days), { freq: 3, nil: '' });
  const mailbox = fc.record({
    kind: fc.constantFrom(...mailboxKinds, 'person', 'person'),
    organisation: fc.constantFrom(...codes),
    sizeBytes: fc.integer({ min: 0, max: 5 }),
    notBefore: fc.option(fc.constantFrom(...days), { freq: 2, nil: '' }),
    notAfter: fc.option(fc.constantFrom(...days), { freq: 2, nil: '' }),
  });
  return fc
    .record({
      people: fc.array(mailbox, { minLength: 1, maxLength: mailboxes }),
      grants: fc.array(
        fc.record({ from: fc.nat(mailboxes), to: fc.nat(mailboxes), kind: fc.constantFrom(...grantKinds) }),
        { maxLength: mailboxes * 2 },
      ),
      opens: fc.subarray(days, { minLength: 1, maxLength: windows }),
      room: fc.integer({ min: 1, max: Math.max(4, Math.ceil((2 * mailboxes) / windows)) }),
      bytes: fc.option(fc.integer({ min: 3, max: 12 + mailboxes - 7 })),
      frozen: fc.array(
        fc.record({
          who: fc.constantFrom('organisations: [A]', 'organisations: [A, B]', 'under: [Q]', 'under: [B]'),
          from: fc.constantFrom(...days),
          until: day,
        }),
        { maxLength: 2 },
      ),
      more: fc.subarray(
        [
          'kinds_last: [application]',
          'pilot: { share: 0.3 }',
          'ramp: { weeks: 2, from: 0.4 }',
          'weights: { send-as: 2 }',
        ],
        { minLength: 0 },
      ),
    })
    .map(({ people, grants, opens, room, bytes, frozen, more }) => ({
      organisations: 'code,name,parent\nQ,Region,\nA,One,Q\nB,Other,Q\n',
      mailboxes: `address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint\n${people
        .map(
          ({ kind, organisation, sizeBytes, notBefore, notAfter }, i) =>
            `p${i}@x.example,${kind},${organisation},${sizeBytes},1,${notBefore},${notAfter !== '' && notAfter < notBefore ? notBefore : notAfter},\n`,
        )
        .join('')}`,
      grants: `mailbox,grantee,kind\n${[...new Set(grants.map(({ from, to, kind }) => `p${from}@x.example,p${to}@x.example,${kind}\n`))].join('')}`,
      calendar: calendarOf(opens, room, bytes, frozen, more),
    }));
}

/** Rules that open windows on exactly these days: a rule for each weekday, and blackouts where it comes a second time. */
function calendarOf(
  opens: readonly string[],
  room: number,
  bytes: number | null,
  frozen: readonly { readonly who: string; readonly from: string; readonly until: string }[],
  more: readonly string[],
): string {
  const weekday = (day: string): string =>
    ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][new Date(day).getUTCDay()] ?? '';
  const weekdays = [...new Set(opens.map(weekday))];
  const others = everyDay.filter((day) => weekdays.includes(weekday(day)) && !opens.includes(day));
  return [
    'timezone: Europe/London',
    `from: ${days[0]}`,
    `until: ${days.at(-1)}`,
    'windows:',
    `  - { name: evening, days: [${weekdays.join(', ')}], start: "19:00", end: "22:00", mailboxes: ${room}${bytes === null ? '' : `, bytes: ${bytes}`} }`,
    ...(others.length + frozen.length > 0 ? ['blackouts:'] : []),
    ...others.map((day) => `  - ${day}`),
    ...frozen.map(({ who, from, until }) => `  - { from: ${from}, until: ${until > from ? until : from}, ${who} }`),
    ...more,
    '',
  ].join('\n');
}
