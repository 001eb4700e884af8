import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { problemLine, UsageError } from '#cli/usage.ts';
import { calendarIn, readCalendar } from './read-calendar.ts';

/** What it says of `text`, one line per problem. */
function complaints(text: string): readonly string[] {
  try {
    calendarIn('calendar.yaml', text);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).problems.map(problemLine);
  }
  return [];
}

const head = 'timezone: Europe/London\nfrom: 2026-08-03\nuntil: 2027-01-31\n';
const windows = 'windows:\n  - { name: evening, days: [Mon], start: "19:00", end: "06:00", mailboxes: 22000 }\n';
const small = head + windows;
/** With other rules; the first stands in line 5. */
const withRules = (...rules: readonly string[]) => `${head}windows:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;

describe('a calendar', () => {
  test('is read as the issue writes it', () => {
    const calendar = calendarIn(
      'calendar.yaml',
      `
timezone: Europe/London
from: 2026-08-03
until: 2027-01-31
windows:
  - { name: evening, days: [Mon, Tue, Wed, Thu], start: "19:00", end: "06:00", mailboxes: 22000, bytes: 31460000000000 }
  - { name: weekend, days: [Fri], start: "19:00", end: "06:00", end_day: Mon, mailboxes: 83000 }
blackouts: [2026-08-31, { from: 2026-12-24, until: 2027-01-02 }, { from: 2026-10-01, until: 2026-10-07, organisations: [RXY] }]
kinds_last: [application]
pilot: { share: 0.01 }
weights: { full-access: 4, folder: 0.5 }
ramp: { weeks: 3, from: 0.25 }
`,
    );
    const everybody = { organisations: null, under: null };
    expect(calendar).toEqual({
      timezone: 'Europe/London',
      from: '2026-08-03',
      until: '2027-01-31',
      windows: [
        {
          name: 'evening',
          days: ['Mon', 'Tue', 'Wed', 'Thu'],
          start: '19:00',
          end: '06:00',
          endDay: null,
          mailboxes: 22_000,
          bytes: 31_460_000_000_000,
        },
        { name: 'weekend', days: ['Fri'], start: '19:00', end: '06:00', endDay: 'Mon', mailboxes: 83_000, bytes: null },
      ],
      blackouts: [
        { from: '2026-08-31', until: '2026-08-31', ...everybody },
        { from: '2026-12-24', until: '2027-01-02', ...everybody },
        { from: '2026-10-01', until: '2026-10-07', organisations: ['RXY'], under: null },
      ],
      kindsLast: ['application'],
      pilot: { share: 0.01 },
      weights: { 'full-access': 4, 'send-as': 5, 'send-on-behalf': 3, folder: 0.5 },
      ramp: { weeks: 3, from: 0.25 },
    });
  });

  test('needs a time zone, two days and a window; all else may be left out', () => {
    expect(calendarIn('calendar.yaml', small)).toMatchObject({
      blackouts: [],
      kindsLast: [],
      pilot: null,
      weights: { 'full-access': 5, 'send-as': 5, 'send-on-behalf': 3, folder: 1 },
      ramp: null,
    });
    expect(complaints('pilot: { share: 1% }\n')).toEqual([
      'calendar.yaml, line 1, column 1: timezone is missing: the name of a time zone such as Europe/London.',
      'calendar.yaml, line 1, column 1: from is missing: a day such as 2026-08-31.',
      'calendar.yaml, line 1, column 1: until is missing: a day such as 2026-08-31.',
      expect.stringContaining('line 1, column 1: windows is missing: a list of rules'),
    ]);
  });

  test('is read as people write it', () => {
    const text = `
timezone: Europe/London
from: "2026-08-03"
until: '2026-08-31'
windows:
  - name: evening
    days: [monday, Tues, wed]
    start: 7:30
    end: 19:00
    bytes: 28T
    mailboxes: 5
blackouts:
  - 2026-08-10
  - from: 2026-08-11
    until: 2026-08-12
    organisations: RXY
    under: [Q1, "8E12"]
pilot: { share: 5 % }
ramp: { weeks: 2, from: 1 }
`;
    expect(calendarIn('calendar.yaml', text)).toMatchObject({
      from: '2026-08-03',
      windows: [{ days: ['Mon', 'Tue', 'Wed'], start: '07:30', end: '19:00', bytes: 28 * 2 ** 40 }],
      blackouts: [{ until: '2026-08-10' }, { organisations: ['RXY'], under: ['Q1', '8E12'] }],
      pilot: { share: 0.05 },
      ramp: { weeks: 2, from: 1 },
    });
  });
});

describe('what cannot be meant is told with line and column, all at once', () => {
  test('a key that is misspelt, or stands elsewhere', () => {
    const text = `${withRules('{ name: a, days: [Mon], strt: "19:00", end: "06:00", mailboxes: 1 }')}blackout: [2026-08-31]
end_day: Mon
blackouts: [{ from: 2026-08-31, untill: 2026-08-31 }]
pilot: { share: 1%, weeks: 3 }
`;
    expect(complaints(text)).toEqual([
      'calendar.yaml, line 6, column 1: "blackout" is no setting; did you mean "blackouts"?',
      'calendar.yaml, line 7, column 1: "end_day" is no setting; it stands in windows.',
      'calendar.yaml, line 5, column 29: "strt" is no setting of windows.0; did you mean "start"?',
      'calendar.yaml, line 5, column 5: windows.0.start is missing: a time of day from "00:00" to "23:59".',
      'calendar.yaml, line 8, column 33: "untill" is no setting of blackouts.0; did you mean "until"?',
      'calendar.yaml, line 8, column 13: blackouts.0.until is missing: a day such as 2026-08-31.',
      'calendar.yaml, line 9, column 21: "weeks" is no setting of pilot; it stands in ramp.',
    ]);
  });

  test('days and times that do not exist', () => {
    const text = `timezone: Europe/Lundon
from: 2026-02-30
until: 31.8.2026
windows:
  - { name: a, days: [Mon, Montag], start: "24:00", end: 1900, end_day: 1, mailboxes: 1 }
blackouts: [2026-11-31, 20261224, { from: 2026-12-24, until: tomorrow }]
`;
    expect(complaints(text)).toEqual([
      'calendar.yaml, line 3, column 8: until must be a day such as 2026-08-31.',
      'calendar.yaml, line 5, column 28: windows.0.days.1 must be a day of the week: Mon, Tue, Wed, Thu, Fri, Sat or Sun.',
      'calendar.yaml, line 5, column 44: windows.0.start must be a time of day from "00:00" to "23:59".',
      'calendar.yaml, line 5, column 58: windows.0.end must be a time of day from "00:00" to "23:59".',
      'calendar.yaml, line 5, column 73: windows.0.end_day must be a day of the week: Mon, Tue, Wed, Thu, Fri, Sat or Sun.',
      'calendar.yaml, line 6, column 25: blackouts.1 must be a day such as 2026-08-31, or { from: 2026-12-24, until: 2027-01-02 }.',
      'calendar.yaml, line 6, column 62: blackouts.2.until must be a day such as 2026-08-31.',
      'calendar.yaml, line 1, column 11: timezone must be the name of a time zone such as Europe/London.',
      'calendar.yaml, line 2, column 7: from: There is no day 2026-02-30.',
      'calendar.yaml, line 6, column 13: blackouts.0: There is no day 2026-11-31.',
    ]);
  });

  test('numbers that are too small or too large', () => {
    const text = `${withRules(
      '{ name: a, days: [Mon], start: "19:00", end: "06:00", mailboxes: 0 }',
      '{ name: b, days: [Tue], start: "19:00", end: "06:00", mailboxes: -5, bytes: 0 }',
      '{ name: c, days: [Wed], start: "19:00", end: "06:00", mailboxes: 1.5, bytes: 0T }',
    )}pilot: { share: 1.5 }
weights: { folder: -1 }
ramp: { weeks: 0, from: 120% }
`;
    expect(complaints(text)).toEqual([
      'calendar.yaml, line 5, column 70: windows.0.mailboxes must be a number from 1 on.',
      'calendar.yaml, line 6, column 70: windows.1.mailboxes must be a number from 1 on.',
      'calendar.yaml, line 6, column 81: windows.1.bytes must be a number of octets from 1 on, or a size such as 28T.',
      'calendar.yaml, line 7, column 70: windows.2.mailboxes must be a number from 1 on.',
      'calendar.yaml, line 8, column 17: pilot.share must be a share such as 0.01 or 1%.',
      'calendar.yaml, line 9, column 20: weights.folder must be a number from 0 on.',
      'calendar.yaml, line 10, column 16: ramp.weeks must be a number from 1 to 520.',
      'calendar.yaml, line 10, column 25: ramp.from must be a share such as 0.25 or 25%.',
    ]);
  });

  test('what contradicts itself', () => {
    const text = `timezone: Europe/London
from: 2026-08-03
until: 2026-08-01
windows:
  - { name: a, days: [], start: "19:00", end: "06:00", mailboxes: 1 }
  - { name: a, days: [Mon], start: "19:00", end: "19:00", mailboxes: 1 }
blackouts:
  - { from: 2026-12-24, until: 2026-12-23 }
  - { from: 2026-12-24, until: 2026-12-24, organisations: [] }
kinds_last: [application, person]
`;
    expect(complaints(text)).toEqual([
      'calendar.yaml, line 3, column 8: until: 2026-08-01 is earlier than 2026-08-03, from which it counts.',
      'calendar.yaml, line 5, column 22: windows.0.days is empty: it would never open.',
      'calendar.yaml, line 6, column 13: Another rule has the name a already.',
      'calendar.yaml, line 6, column 50: a ends when it starts, at 19:00. Of a whole day the other end is given with end_day.',
      'calendar.yaml, line 8, column 32: blackouts.0.until: 2026-12-23 is earlier than 2026-12-24, from which it counts.',
      'calendar.yaml, line 9, column 59: blackouts.1.organisations names nobody. Leave it out for everybody.',
      'calendar.yaml, line 10, column 27: kinds_last: a person cannot move later than the last person of their organisation. It names shared, room or application.',
    ]);
  });

  test('windows that overlap', () => {
    const text = withRules(
      '{ name: evening, days: [Mon, Thu], start: "19:00", end: "06:00", mailboxes: 1 }',
      '{ name: early, days: [Fri], start: "05:00", end: "07:00", mailboxes: 1 }',
    );
    expect(complaints(text)).toEqual([
      'calendar.yaml, line 6, column 5: early (Fri 05:00 to Fri 07:00) overlaps evening (Thu 19:00 to Fri 06:00). One has to end before the other begins.',
    ]);
  });

  test('a calendar in which nobody could move', () => {
    expect(complaints(`${head}windows: []\n`)).toEqual([
      'calendar.yaml, line 4, column 10: windows is empty: nobody could move.',
    ]);
    expect(complaints(small.replace('2027-01-31', '2026-08-02').replace('2026-08-03', '2026-08-01'))).toEqual([
      'calendar.yaml, line 5, column 3: windows: None of them opens from 2026-08-01 to 2026-08-02.',
    ]);
    expect(complaints(`${small}blackouts: [{ from: 2026-01-01, until: 2027-12-31 }]\n`)).toEqual([
      'calendar.yaml, line 5, column 3: windows: None of the 26 windows can be used; the first, of 2026-08-03T19:00, touches the blackout from 2026-01-01 to 2027-12-31.',
    ]);
    expect(complaints(small.replace('2027-01-31', '2126-01-31'))).toEqual([
      'calendar.yaml, line 3, column 8: until: 2126-01-31 is more than ten years after 2026-08-03.',
    ]);
  });

  test.each([
    [
      'a list instead of a mapping',
      '- 2026-08-31\n',
      'line 1, column 1: The file must be a section with timezone, from,',
    ],
    ['one word', 'calendar\n', 'line 1, column 1: The file must be a section with timezone, from,'],
    ['nothing', '\n', 'calendar.yaml is empty; docs/calendar-yaml.md shows'],
    [
      'a key that is there twice',
      `${small}from: 2026-08-04\n`,
      'line 6, column 1: This key stands here a second time.',
    ],
    [
      'one mapping where a list is wanted',
      `${head}windows: { name: a }\n`,
      'line 4, column 10: windows must be a list',
    ],
    [
      'a rule that is none',
      `${head}windows: [evening]\n`,
      'line 4, column 11: windows.0 must be a section with name, days',
    ],
    ['a heading without anything below it', `${small}pilot:\n`, 'pilot.share is missing: a share such as 0.01 or 1%.'],
    [
      'a code that YAML takes for a number',
      `${small}blackouts: [{ from: 2026-08-31, until: 2026-08-31, under: [8E12] }]\n`,
      'blackouts.0.under.0 must be the code of an organisation; one that looks like a number stands in quotes.',
    ],
    [
      'times of YAML 1.1, which are numbers there',
      `%YAML 1.1\n---\n${small.replace('"19:00"', '19:00')}`,
      'windows.0.start must be a time of day from "00:00" to "23:59".',
    ],
    [
      'more rules than a week has room for',
      withRules(...Array.from({ length: 101 }, () => '{}')),
      'windows.0.name is missing',
    ],
  ])('%s', (_, text, says) => {
    expect(complaints(text).join('\n')).toContain(says);
  });

  test('a file that is not there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'godwit-calendar-'));
    onTestFinished(async () => rm(folder, { recursive: true }));
    const file = join(folder, 'calendar.yaml');
    await expect(readCalendar(file)).rejects.toThrow(`There is no file ${file}. docs/calendar-yaml.md shows`);
    await writeFile(file, small);
    expect((await readCalendar(file)).timezone).toBe('Europe/London');
  });
});
