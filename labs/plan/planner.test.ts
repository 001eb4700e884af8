/**
 * The planner against two pieces of code that share nothing with it: the judge, and on tiny estates the search through all plans.
 * What it comes near to and does not always reach is stated here as it was found (of 3,000 tiny estates: no rule broken; 14 with one
 * left out more than need be, all for want of bytes or because one person stood in the way of two programs; of the 651 in which
 * everybody fits 645 planned as well as can be, and 3.7 % more grant-days in all). Of 300, all that cost as little as can be also end as early
 * as can be (65 of 65).
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plan } from '#planner/plan.ts';
import { makeEstate, writeMadeEstate } from '../../bench/plan/made-estate.ts';
import { plainPlanners } from '../../bench/plan/plain-planners.ts';
import { readCalendar } from './calendar-windows.ts';
import { linesIn, readEstate, readEstateFolder } from './estate-files.ts';
import { bestPlan, mailboxesMost, windowsMost } from './exhaustive.ts';
import { judgePlacement } from './judge.ts';
import { planningOrder } from './planning-order.ts';
import { type TinyEstate, tinyEstates } from './tiny-estates.ts';

const quiet = { progress: () => undefined };

async function planned(tiny: TinyEstate, seed = 1) {
  const estate = await readEstate({
    organisations: linesIn(tiny.organisations),
    mailboxes: linesIn(tiny.mailboxes),
    grants: linesIn(tiny.grants),
  });
  const calendar = readCalendar(tiny.calendar);
  const placement = await plan(planningOrder(estate, tiny.calendar, { seed, effortSeconds: 0.01 }), quiet);
  return { estate, calendar, placement, judgement: judgePlacement(estate, calendar, placement.window) };
}

const header = 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint';
const ramped = (mailboxes: number, bytes: number, days: string, more: string): string => `
timezone: Europe/London
from: 2026-08-03
until: 2026-08-14
windows: [{ name: evening, days: [${days}], start: "19:00", end: "22:00", mailboxes: ${mailboxes}, bytes: ${bytes} }]
ramp: { weeks: 2, from: 0.4 }
${more}`;

/** Where somebody was left out once who would have fitted. */
const foundOnce: readonly TinyEstate[] = [
  // The program goes to the pilot in the end, and leaves the only other window to the person.
  {
    organisations: 'code,name,parent\nA,One,\nB,Other,\n',
    mailboxes: `${header}\nscan@x,application,B,0,1,,,\nann@x,person,A,2,1,,,\n`,
    grants: 'mailbox,grantee,kind\n',
    calendar: ramped(1, 3, 'Thu', 'kinds_last: [application]\npilot: { share: 0.3 }'),
  },
  // The room fits into the second window alone, and the person, who is there, into the first.
  {
    organisations: 'code,name,parent\nA,One,\nB,Other,\n',
    mailboxes: `${header}\nann@x,person,B,1,1,,,\nroom@x,room,A,4,1,,,\n`,
    grants: 'mailbox,grantee,kind\nroom@x,ann@x,full-access\n',
    calendar: ramped(4, 6, 'Mon, Thu', 'blackouts: [2026-08-06, 2026-08-10]'),
  },
];

describe('on estates of a handful', () => {
  const tiny = tinyEstates({ mailboxes: mailboxesMost, windows: windowsMost });

  test('every rule is kept, nobody is left out who would fit, and what it is said to cost it costs', () =>
    fc.assert(
      fc.asyncProperty(tiny, async (each) => {
        const { placement, judgement } = await planned(each);
        expect(judgement.violations).toEqual([]);
        expect(placement.grantDays).toBe(judgement.terms.grantDays);
      }),
      { numRuns: 200, seed: 7, examples: foundOnce.map((each) => [each]) },
    ));

  test('hardly ever more are left out than need be, and where everybody fits nearly every plan is the best there is', async () => {
    const found = { fewest: 0, complete: 0, best: 0, earliest: 0, grantDays: 0, leastGrantDays: 0 };
    const estates = fc.sample(tiny, { numRuns: 300, seed: 4 });
    for (const each of estates) {
      const { estate, calendar, judgement, placement } = await planned(each);
      const best = bestPlan(estate, calendar);
      if (judgement.terms.unplaced === best.unplaced) found.fewest++;
      if (judgement.terms.unplaced > 0) continue;
      found.complete++;
      if (judgement.terms.grantDays === best.grantDays) {
        found.best++;
        if (Math.max(-1, ...placement.window) === best.finish) found.earliest++;
      }
      found.grantDays += judgement.terms.grantDays;
      found.leastGrantDays += best.grantDays;
    }
    expect(found.complete).toBeGreaterThan(30);
    expect(found.fewest / estates.length).toBeGreaterThan(0.98);
    expect(found.best / found.complete).toBeGreaterThan(0.95);
    expect(found.earliest / found.best).toBeGreaterThan(0.95);
    expect(found.grantDays / found.leastGrantDays).toBeLessThan(1.1);
  });
});

describe('on estates of a few dozen', () => {
  const few = tinyEstates({ mailboxes: 40, windows: 6 });

  test('every rule is kept and nobody is left out who would fit', () =>
    fc.assert(
      fc.asyncProperty(few, async (each) => {
        expect((await planned(each)).judgement.violations).toEqual([]);
      }),
      { numRuns: 100, seed: 7 },
    ));

  test('the same order and seed have the same answer', () =>
    fc.assert(
      fc.asyncProperty(few, fc.nat(1_000), async (each, seed) => {
        const [one, again] = [await planned(each, seed), await planned(each, seed)];
        expect([...again.placement.window]).toEqual([...one.placement.window]);
      }),
      { numRuns: 30 },
    ));
});

test('an estate of a few thousand costs a fraction of what it does organisation by organisation', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-planner-'));
  try {
    await writeMadeEstate(makeEstate(3_000, 1), folder);
    const estate = await readEstateFolder(folder);
    const text = readFileSync(join(folder, 'calendar.yaml'), 'utf8');
    const calendar = readCalendar(text);
    const { window, grantDays } = await plan(planningOrder(estate, text, { seed: 1, effortSeconds: 1 }), quiet);
    const { violations, terms } = judgePlacement(estate, calendar, window);
    expect(violations).toEqual([]);
    expect(terms.grantDays).toBe(grantDays);
    const plainly = plainPlanners['organisation by organisation'](estate, calendar);
    const ratio = grantDays / judgePlacement(estate, calendar, plainly).terms.grantDays;
    expect(ratio).toBeLessThan(0.5);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
