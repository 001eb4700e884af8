/**
 * Every key of a calendar.yaml, declared once: its form, what it is and its default. A calendar is checked against this;
 * docs/calendar-yaml.md and the JSON Schema by which editors check and complete it are made from it.
 */

import Type, { type Static } from 'typebox';
import { type GrantKind, mailboxKinds } from '#domain/estate.ts';
import { count, section, share, size, text } from './setting-forms.ts';

const day = (is: string) =>
  Type.String({
    pattern: String.raw`^\d{4}-\d\d-\d\d$`,
    about: { is, expected: 'a day such as 2026-08-31' },
  });

const time = (is: string) =>
  Type.String({
    pattern: String.raw`^([01]?\d|2[0-3]):[0-5]\d$`,
    about: { is, expected: 'a time of day from "00:00" to "23:59"' },
  });

const weekdayPattern = '^([Mm]on|[Tt]ue(s)?|[Ww]ed(nes)?|[Tt]hu(rs)?|[Ff]ri|[Ss]at(ur)?|[Ss]un)(day)?$';

const weekday = (is: string) =>
  Type.String({
    pattern: weekdayPattern,
    about: { is, expected: 'a day of the week: Mon, Tue, Wed, Thu, Fri, Sat or Sun' },
  });

/** A code, or several; one that looks like a number (8E12) would lose what was written. */
const codes = (is: string) => {
  const code = Type.String({
    pattern: String.raw`^[^\s,;=*"'\x00-\x1f\x7f]{1,64}$`,
    about: {
      is: 'an organisation',
      expected: 'the code of an organisation; one that looks like a number stands in quotes',
    },
  });
  return Type.Union([code, Type.Array(code)], {
    about: { is, expected: 'a list of codes such as [RXY, RXZ]; one that looks like a number stands in quotes' },
  });
};

const rule = section('windows that come again every week', {
  name: Type.String({
    pattern: String.raw`^[^\s,;=*"'\x00-\x1f\x7f]{1,40}$`,
    about: {
      is: 'what its windows are called: the one of 3 August is evening-2026-08-03',
      expected: 'a word such as evening, of at most 40 letters, without blanks, commas and quotes',
    },
  }),
  days: Type.Array(weekday('a day'), {
    about: { is: 'the days on which one opens', expected: 'a list of days of the week such as [Mon, Tue]' },
  }),
  start: time('when it opens, by the clocks of `timezone`'),
  end: time('when it closes, the next time that clocks show this'),
  end_day: Type.Optional(
    weekday('the day on which it closes, where that is another than the next such time would have'),
  ),
  mailboxes: count(1_000_000_000, {
    about: { is: 'at most so many mailboxes switch in one', expected: 'a number from 1 on' },
  }),
  bytes: Type.Optional(
    size({
      about: {
        is: 'at most so much, by the sizes of their mailboxes; without it as much as comes',
        expected: 'a number of octets from 1 on, or a size such as 28T',
      },
    }),
  ),
});

const blackout = section('days on which nobody moves, or these do not', {
  from: day('the first of them'),
  until: day('the last of them'),
  organisations: Type.Optional(
    codes('only for these organisations, and not for those below them; without it and `under` for everybody'),
  ),
  under: Type.Optional(codes('only for these organisations and all that are below them')),
});

const weight = (kind: GrantKind, usual: number) =>
  Type.Number({
    minimum: 0,
    maximum: 1_000_000,
    default: usual,
    about: {
      is: `what a day costs that lies between the two ends of a grant of ${kind}`,
      expected: 'a number from 0 on',
    },
  });

export const calendarForm = section('the calendar of a programme', {
  timezone: text({
    about: {
      is: 'the time zone of all days and times in it',
      expected: 'the name of a time zone such as Europe/London',
    },
  }),
  from: day('the first day on which a window opens'),
  until: day('the last day on which one opens'),
  windows: Type.Array(rule, {
    about: {
      is: 'the windows, by rules',
      expected:
        'a list of rules such as { name: evening, days: [Mon, Tue], start: "19:00", end: "06:00", mailboxes: 22000 }',
    },
  }),
  blackouts: Type.Array(
    Type.Union([day('a day'), blackout], {
      about: {
        is: 'a blackout',
        expected: 'a day such as 2026-08-31, or { from: 2026-12-24, until: 2027-01-02 }',
      },
    }),
    {
      default: [],
      about: {
        is: 'days on which nobody moves, or some organisations do not',
        expected: 'a list of days such as 2026-08-31 and of { from: 2026-12-24, until: 2027-01-02 }',
      },
    },
  ),
  kinds_last: Type.Array(
    Type.Enum([...mailboxKinds], {
      about: { is: 'a kind of mailbox', expected: 'shared, room or application' },
    }),
    {
      default: [],
      about: {
        is: 'these kinds move later than the last person of their organisation',
        expected: 'a list of kinds of mailboxes such as [application]',
      },
    },
  ),
  pilot: Type.Optional(
    section('the first window that can be used is a small one', {
      share: share({
        about: {
          is: 'at most this share of all mailboxes moves in it, and at least one does',
          expected: 'a share such as 0.01 or 1%',
        },
      }),
    }),
  ),
  weights: section('what grants cost whose two ends move on different days', {
    'full-access': weight('full-access', 5),
    'send-as': weight('send-as', 5),
    'send-on-behalf': weight('send-on-behalf', 3),
    folder: weight('folder', 1),
  }),
  ramp: Type.Optional(
    section('how much fits grows over the first weeks', {
      weeks: count(520, {
        about: { is: 'so many weeks until all of it is reached', expected: 'a number from 1 to 520' },
      }),
      from: share({ about: { is: 'the share with which it begins', expected: 'a share such as 0.25 or 25%' } }),
    }),
  ),
});

/** What stands in a calendar.yaml that is in order, with the defaults of what does not. */
export type CalendarForm = Static<typeof calendarForm>;
