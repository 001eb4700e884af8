/** The search through all plans and the judge are two pieces of code: what one calls best the other must call good. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCalendar } from './calendar-windows.ts';
import { linesIn, readEstate } from './estate-files.ts';
import { bestPlan, mailboxesMost, windowsMost } from './exhaustive.ts';
import { judgePlacement } from './judge.ts';
import { type TinyEstate, tinyEstates } from './tiny-estates.ts';

const readTiny = async ({ organisations, mailboxes, grants, calendar }: TinyEstate) => ({
  estate: await readEstate({
    organisations: linesIn(organisations),
    mailboxes: linesIn(mailboxes),
    grants: linesIn(grants),
  }),
  calendar: readCalendar(calendar),
});

test('the best of all plans breaks no rule of the judge, who counts the same costs', () =>
  fc.assert(
    fc.asyncProperty(tinyEstates({ mailboxes: mailboxesMost, windows: windowsMost }), async (tiny) => {
      const { estate, calendar } = await readTiny(tiny);
      const { placed, unplaced, grantDays } = bestPlan(estate, calendar);
      const { violations, terms } = judgePlacement(estate, calendar, placed);
      expect(violations).toEqual([]);
      expect(terms).toMatchObject({ unplaced, grantDays });
    }),
    { numRuns: 300 },
  ));

test('no plan that the judge lets pass is better', () =>
  fc.assert(
    fc.asyncProperty(
      tinyEstates({ mailboxes: 4, windows: 3 }),
      fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 4, maxLength: 4 }),
      async (tiny, anyhow) => {
        const { estate, calendar } = await readTiny(tiny);
        const last = calendar.windows(estate.addresses.length).length - 1;
        const placed = Int32Array.from(estate.addresses, (_, i) => Math.min(last, anyhow[i] as number));
        const { violations, terms } = judgePlacement(estate, calendar, placed);
        fc.pre(violations.length === 0);
        const best = bestPlan(estate, calendar);
        expect(best.unplaced).toBeLessThanOrEqual(terms.unplaced);
        if (best.unplaced === terms.unplaced) expect(best.grantDays).toBeLessThanOrEqual(terms.grantDays);
        if (best.unplaced === terms.unplaced && best.grantDays === terms.grantDays)
          expect(best.finish).toBeLessThanOrEqual(Math.max(-1, ...placed));
      },
    ),
    { numRuns: 100, maxSkipsPerRun: 1_000 },
  ));

test('it finds the plan that everybody sees', async () => {
  const { estate, calendar } = await readTiny({
    organisations: 'code,name,parent\nA,One,\n',
    mailboxes: `address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint
ann@x,person,A,1,1,,,
bob@x,person,A,1,1,2026-08-04,,
desk@x,shared,A,1,1,,,
scan@x,application,A,1,1,,,
`,
    grants: 'mailbox,grantee,kind\ndesk@x,ann@x,full-access\ndesk@x,bob@x,folder\nbob@x,scan@x,folder\n',
    calendar: `from: 2026-08-03
until: 2026-08-06
windows: [{ name: evening, days: [Mon, Tue, Thu], start: "19:00", end: "23:00", mailboxes: 2 }]
kinds_last: [application]
`,
  });
  // Ann and her desk on Monday, Bob on Tuesday as soon as he may, the program two days after him.
  const placed = Int32Array.of(0, 1, 0, 2);
  expect(bestPlan(estate, calendar)).toEqual({ unplaced: 0, grantDays: 1 + 2, finish: 2, placed });
});
