/**
 * Judges a plan by the files alone: whether it keeps what must be kept, whether it leaves out anybody who would have fitted, and what
 * it costs. Its code is its own and plain; the planner's may be clever, since this one is not.
 *
 *     node labs/plan/judge.ts --estate DIR --calendar FILE --plan FILE [--json]
 */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type JudgedCalendar, type JudgedWindow, readCalendar } from './calendar-windows.ts';
import { type Estate, forEachPlanRow, type Lines, linesOf, readEstateFolder } from './estate-files.ts';
import { Findings, judgeRules, type Violation } from './judged-rules.ts';
import { type Terms, termsOf } from './judged-terms.ts';

export interface Judgement {
  readonly violations: readonly Violation[];
  readonly terms: Terms;
}

export async function judgePlan(estate: Estate, calendar: JudgedCalendar, plan: Lines): Promise<Judgement> {
  const findings = new Findings();
  const windows = calendar.windows(estate.addresses.length);
  const placed = await readPlacement(estate, windows, plan, findings);
  return judgePlacement(estate, calendar, placed, findings);
}

/** `placed`: for each mailbox the number of its window among the calendar's, -1 for none. */
export function judgePlacement(
  estate: Estate,
  calendar: JudgedCalendar,
  placed: Int32Array,
  findings = new Findings(),
): Judgement {
  const windows = calendar.windows(estate.addresses.length);
  judgeRules(estate, calendar, windows, placed, findings);
  return { violations: findings.violations(), terms: termsOf(estate, calendar, windows, placed) };
}

async function readPlacement(
  estate: Estate,
  windows: readonly JudgedWindow[],
  plan: Lines,
  findings: Findings,
): Promise<Int32Array> {
  const byName = new Map(windows.map(({ wave, start }, number) => [`${wave} ${start}`, number]));
  const byStart = new Map(windows.map(({ start }, number) => [start, number]));
  const placed = new Int32Array(estate.addresses.length).fill(-1);
  const seen = new Uint8Array(placed.length);
  await forEachPlanRow(plan, ({ address, wave, start }) => {
    const mailbox = estate.numberOf.get(address.toLowerCase());
    if (mailbox === undefined) return findings.note('an address that is in the estate', () => address);
    if (seen[mailbox] === 1) return findings.note('every mailbox once', () => `${address} a second time`);
    seen[mailbox] = 1;
    if (wave === '' && start === '') return;
    const window = byName.get(`${wave} ${start}`) ?? byStart.get(start);
    if (window === undefined) return findings.note('a window that is in the calendar', () => `${address}: ${start}`);
    placed[mailbox] = window;
    const expected = windows[window]?.wave;
    if (wave !== expected) findings.note('the name of its wave', () => `${address}: ${wave}, expected ${expected}`);
  });
  for (const [mailbox, times] of seen.entries())
    if (times === 0) findings.note('every mailbox once', () => `${estate.addresses[mailbox]} is missing`);
  return placed;
}

/** The judgement in words. */
export function judgementLines({ violations, terms }: Judgement): readonly string[] {
  const { mailboxes, placed, unplaced, grantDays, splitGrants, finish, windowsUsed, windowsPerOrganisation } = terms;
  return [
    `${placed} of ${mailboxes} mailboxes placed, ${unplaced} not; ${windowsUsed} windows, the last on ${finish ?? 'no day'}`,
    `weighted grant-days ${grantDays}, of which ${terms.grantDaysOfKindsLast} of kinds that come last, ${terms.grantDaysOfDated} of others with dates of their own`,
    `${splitGrants} grants split; ${windowsPerOrganisation.toFixed(2)} windows to an organisation`,
    ...violations.flatMap(({ rule, count, examples }) => [
      `VIOLATED ${count} times: ${rule}`,
      ...examples.map((example) => `  ${example}`),
    ]),
    violations.length === 0 ? 'every rule is kept' : 'WRONG: see above',
  ];
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      estate: { type: 'string' },
      calendar: { type: 'string' },
      plan: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.estate === undefined || values.calendar === undefined || values.plan === undefined) {
    console.error('node labs/plan/judge.ts --estate DIR --calendar FILE --plan FILE [--json]');
    process.exitCode = 2;
  } else {
    const estate = await readEstateFolder(values.estate);
    const judgement = await judgePlan(
      estate,
      readCalendar(readFileSync(values.calendar, 'utf8')),
      linesOf(values.plan),
    );
    for (const line of values.json ? [JSON.stringify(judgement, null, 2)] : judgementLines(judgement))
      console.log(line);
    if (judgement.violations.length > 0) process.exitCode = 1;
  }
}
