/** The plain planners are worth comparing with: each keeps every rule and leaves out nobody who would fit. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type JudgedCalendar, readCalendar } from '../../labs/plan/calendar-windows.ts';
import { type Estate, linesIn, readEstate, readEstateFolder } from '../../labs/plan/estate-files.ts';
import { judgePlacement } from '../../labs/plan/judge.ts';
import { makeEstate, writeMadeEstate } from './made-estate.ts';
import { plainPlanners } from './plain-planners.ts';

const folder = mkdtempSync(join(tmpdir(), 'godwit-plain-'));
let estate: Estate;
let calendar: JudgedCalendar;

beforeAll(async () => {
  await writeMadeEstate(makeEstate(6_000, 3), folder);
  estate = await readEstateFolder(folder);
  calendar = readCalendar(readFileSync(join(folder, 'calendar.yaml'), 'utf8'));
});
afterAll(() => rmSync(folder, { recursive: true }));

for (const [name, planner] of Object.entries(plainPlanners))
  test(`${name}: every rule is kept and everybody placed`, () => {
    const { violations, terms } = judgePlacement(estate, calendar, planner(estate, calendar));
    expect(violations).toEqual([]);
    expect(terms.unplaced).toBe(0);
  });

test('organisation by organisation splits less than alphabetical does', () => {
  const costs = (['alphabetical', 'organisation by organisation'] as const).map(
    (name) => judgePlacement(estate, calendar, plainPlanners[name](estate, calendar)).terms.grantDays,
  );
  expect(costs[1]).toBeLessThan((costs[0] as number) / 2);
});

test('whole components keep a pair together that code order takes apart', async () => {
  const pair = await readEstate({
    organisations: linesIn('code,name,parent\nA,A,\nM,M,\nZ,Z,'),
    mailboxes: linesIn(
      `address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint
      a@x,person,A,1,1,,,\nm@x,person,M,1,1,,,\nn@x,person,M,1,1,,,\nz@x,person,Z,1,1,,,`.replaceAll(/^ +/gm, ''),
    ),
    grants: linesIn('mailbox,grantee,kind\na@x,z@x,full-access'),
  });
  const two = readCalendar(
    'from: 2026-08-03\nuntil: 2026-08-04\nwindows: [{ name: e, days: [Mon, Tue], start: "19:00", end: "20:00", mailboxes: 2 }]',
  );
  expect([...plainPlanners['whole components'](pair, two)]).toEqual([0, 1, 1, 0]);
  expect([...plainPlanners['organisation by organisation'](pair, two)]).toEqual([0, 0, 1, 1]);
});
