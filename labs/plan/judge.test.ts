/** The judge on plans so small that everybody sees what is wrong with them. */

import { describe, expect, test } from 'vitest';
import { readCalendar } from './calendar-windows.ts';
import { linesIn, readEstate } from './estate-files.ts';
import { type Judgement, judgePlan } from './judge.ts';
import type { Rule } from './judged-rules.ts';

/** Two organisations and the region above them: Ann's desk, Bob who may use it, a program of theirs; Carla in the other one. */
const organisations = 'code,name,parent\nQ1,Region,\nR1,Hospital,Q1\nP1,"Practice, small",Q1\n';
const mailboxes = [
  'Ann@r1.example,person,R1,100,1,,,',
  'bob@r1.example,person,R1,100,1,,,',
  'desk@r1.example,shared,R1,100,1,,,',
  'scan@r1.example,application,R1,100,1,,,',
  'carla@p1.example,person,P1,100,1,,,',
];
const grants = [
  'desk@r1.example,ann@R1.example,full-access',
  'desk@r1.example,bob@r1.example,send-as',
  'ann@r1.example,bob@r1.example,send-on-behalf',
  'desk@r1.example,scan@r1.example,folder',
  'carla@p1.example,ann@r1.example,folder',
  'carla@p1.example,gone@p1.example,full-access',
];
/** Monday 3 August 2026 and the two days after it, two mailboxes each and the pilot one. */
const days = { Mon: '2026-08-03', Tue: '2026-08-04', Wed: '2026-08-05' };
const calendarOf = (more = ''): string => `
timezone: Europe/London
from: 2026-08-03
until: 2026-08-05
windows:
  - { name: evening, days: [Mon, Tue, Wed], start: "19:00", end: "06:00", mailboxes: 2, bytes: 1000 }
kinds_last: [application]
pilot: { share: 0.01 }
${more}`;

/** Of each in the order of the list above: the day on which they move, or nothing. */
type Days = readonly (keyof typeof days | null)[];
const good: Days = ['Mon', 'Tue', 'Tue', 'Wed', 'Wed'];

const addresses = mailboxes.map((line) => line.split(',')[0] as string);

function planOf(when: Days): string {
  const rows = when.map((day, i) => {
    if (day === null) return `${addresses[i]},,`;
    return `${addresses[i]},${day === 'Mon' ? 'pilot' : `evening-${days[day]}`},${days[day]}T19:00`;
  });
  return `address,wave,window_start\n${rows.join('\n')}\n`;
}

async function judged(
  plan: string | Days,
  calendar = calendarOf(),
  people: readonly string[] = mailboxes,
): Promise<Judgement> {
  const estate = await readEstate({
    organisations: linesIn(organisations),
    mailboxes: linesIn(
      `address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint\n${people.join('\n')}\n`,
    ),
    grants: linesIn(`mailbox,grantee,kind\n${grants.join('\n')}`),
  });
  const text = typeof plan === 'string' ? plan : planOf(plan);
  return judgePlan(estate, readCalendar(calendar), linesIn(text));
}

/** The list with one line another. */
function but(i: number, line: string): readonly string[] {
  return mailboxes.with(i, line);
}

function broken({ violations }: Judgement): readonly Rule[] {
  return violations.map(({ rule }) => rule);
}

describe('a plan that keeps every rule', () => {
  test('is told so, with each term of what it costs', async () => {
    const { violations, terms } = await judged(good);
    expect(violations).toEqual([]);
    // Ann a day from her desk (5) and from Bob (3), two from Carla (1); the program a day from the desk (1).
    expect(terms).toEqual({
      mailboxes: 5,
      placed: 5,
      unplaced: 0,
      grantDays: 5 + 3 + 2 + 1,
      grantDaysOfKindsLast: 1,
      grantDaysOfDated: 0,
      splitGrants: 4,
      finish: '2026-08-05T19:00',
      windowsUsed: 3,
      windowsPerOrganisation: 2,
    });
  });

  test('may weigh grants otherwise, and knows addresses in any case', async () => {
    const weights = 'weights: { full-access: 7, send-as: 0, send-on-behalf: 0, folder: 0 }';
    const { terms } = await judged(
      planOf(good)
        .toUpperCase()
        .replaceAll('PILOT', 'pilot')
        .replaceAll('EVENING', 'evening')
        .replace('ADDRESS,WAVE,WINDOW_START', 'address,wave,window_start'),
      calendarOf(weights),
    );
    expect(terms.grantDays).toBe(7);
  });

  test('counts what a date of their own costs apart from the rest', async () => {
    const dated = but(0, 'ann@r1.example,person,R1,100,1,,2026-08-03,');
    expect((await judged(good, calendarOf(), dated)).terms.grantDaysOfDated).toBe(10);
  });
});

describe('a plan is found out when', () => {
  const cases: readonly (readonly [Rule, string | Days, string?, (readonly string[])?])[] = [
    ['an address that is in the estate', `${planOf(good)}dan@r1.example,evening-2026-08-05,2026-08-05T19:00\n`],
    ['every mailbox once', `${planOf(good)}bob@r1.example,evening-2026-08-04,2026-08-04T19:00\n`],
    ['a window that is in the calendar', planOf(good).replaceAll('2026-08-05T19:00', '2026-08-05T18:00')],
    ['the name of its wave', planOf(good).replace('pilot', 'evening-2026-08-03')],
    ['capacity in mailboxes', ['Mon', 'Tue', 'Tue', 'Wed', 'Tue']],
    ['capacity in mailboxes', ['Mon', 'Tue', 'Tue', 'Wed', 'Mon']],
    ['capacity in bytes', good, '', but(1, 'bob@r1.example,person,R1,901,1,,,')],
    [
      'a blackout of its organisation',
      good,
      'blackouts: [{ from: 2026-08-06, until: 2026-08-06, organisations: [P1] }]',
    ],
    ['a blackout of its organisation', good, 'blackouts: [{ from: 2026-08-06, until: 2026-08-09, under: [Q1] }]'],
    ['not before its day', good, '', but(0, 'ann@r1.example,person,R1,100,1,2026-08-04,,')],
    ['not after its day', good, '', but(4, 'carla@p1.example,person,P1,100,1,,2026-08-04,')],
    ['kinds that come last', ['Mon', 'Tue', 'Wed', 'Tue', 'Wed']],
    ['somebody in the pilot', ['Tue', 'Tue', 'Wed', null, 'Wed']],
    ['nobody left out who would fit', ['Mon', 'Tue', 'Tue', 'Wed', null]],
  ];
  for (const [rule, plan, calendar, people] of cases)
    test(`it breaks: ${rule}${calendar ? ` (${calendar})` : ''}`, async () => {
      expect(broken(await judged(plan, calendarOf(calendar), people))).toContain(rule);
    });

  test('somebody is missing from it', async () => {
    const { violations } = await judged(planOf(good).replace(/^carla.*\n/m, ''));
    expect(violations[0]).toMatchObject({ rule: 'every mailbox once', examples: ['carla@p1.example is missing'] });
  });

  test('a window is used that touches a blackout for everybody by its last hours', async () => {
    const plan = judged(good, calendarOf('blackouts: [2026-08-06]'));
    expect(broken(await plan)).toContain('a window that is in the calendar');
  });
});

describe('who is left out', () => {
  test('is nobody’s fault where the program could only move before its people', async () => {
    expect(broken(await judged(['Mon', 'Tue', 'Wed', null, 'Wed']))).toEqual([]);
  });

  test('is nobody’s fault where a person would have to move after the program of their organisation', async () => {
    const late = but(1, 'bob@r1.example,person,R1,100,1,2026-08-05,,');
    expect(broken(await judged(['Mon', null, 'Tue', 'Wed', 'Tue'], calendarOf(), late))).toEqual([]);
  });

  test('is nobody’s fault where a mailbox is larger than what any window has left', async () => {
    const large = but(4, 'carla@p1.example,person,P1,1001,1,,,');
    expect(broken(await judged(['Mon', 'Tue', 'Tue', 'Wed', null], calendarOf(), large))).toEqual([]);
  });
});

describe('a calendar', () => {
  const windowsOf = (text: string, mailboxes = 1_000) => readCalendar(text).windows(mailboxes);

  test('has a weekend from Friday evening to Monday morning, and none that touches the bank holiday at its end', () => {
    const weekends = (blackouts: string) => `
from: 2026-08-03
until: 2026-08-31
windows: [{ name: weekend, days: [Fri], start: "19:00", end: "06:00", end_day: Mon, mailboxes: 9 }]
blackouts: ${blackouts}`;
    expect(windowsOf(weekends('[]')).map(({ start, end }) => [start, end])).toContainEqual([
      '2026-08-28T19:00',
      '2026-08-31T06:00',
    ]);
    const left = ['2026-08-07', '2026-08-14', '2026-08-21'];
    expect(windowsOf(weekends('[2026-08-31]')).map(({ day }) => day)).toEqual(left);
    expect(windowsOf(weekends('[{ from: 2026-08-29, until: 2026-08-30 }]')).map(({ day }) => day)).toEqual(left);
  });

  test('gives its first window to the pilot and lets capacity grow over the weeks of the ramp', () => {
    const text = `
from: 2026-08-05
until: 2026-08-27
windows: [{ name: evening, days: [Wed, Tue], start: "19:00", end: "23:00", mailboxes: 100, bytes: 1001 }]
pilot: { share: 0.003 }
ramp: { weeks: 2, from: 0.25 }`;
    expect(windowsOf(text).map(({ wave, mailboxes, bytes }) => [wave, mailboxes, bytes])).toEqual([
      ['pilot', 3, 250],
      ['evening-2026-08-11', 25, 250],
      ['evening-2026-08-12', 62, 625],
      ['evening-2026-08-18', 62, 625],
      ['evening-2026-08-19', 100, 1001],
      ['evening-2026-08-25', 100, 1001],
      ['evening-2026-08-26', 100, 1001],
    ]);
    expect(windowsOf(text, 10)[0]?.mailboxes).toBe(1);
    expect(windowsOf(text, 1_000_000)[0]?.mailboxes).toBe(25);
  });
});
