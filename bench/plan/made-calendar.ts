/** The calendar that goes with an estate to plan: 26 weeks of evenings and weekends as large as it needs them, Christmas, and who is frozen. */

import type { Chance } from '#lib/chance.ts';
import { type MadeOrganisation, nationalMailboxes } from './made-organisations.ts';

export const firstDay = '2026-08-03';
export const lastDay = '2027-01-31';
const dayMs = 86_400_000;

export interface Freeze {
  readonly organisation: string;
  readonly from: string;
  readonly until: string;
}

/** As many days after the first. */
export function dayAfter(days: number): string {
  return new Date(Date.parse(firstDay) + days * dayMs).toISOString().slice(0, 10);
}

/** A few dozen organisations in the nation, half of them large, for three to eight weeks each: a new records system, a merger, an inspection. */
export function freezesOf(organisations: readonly MadeOrganisation[], chance: Chance): readonly Freeze[] {
  const mailboxes = organisations.reduce((sum, each) => sum + each.mailboxes, 0);
  const count = Math.max(2, Math.round(36 * Math.sqrt(mailboxes / nationalMailboxes)));
  const large = organisations.toSorted((a, b) => b.mailboxes - a.mailboxes).slice(0, Math.max(2, count * 2));
  const frozen = new Set<MadeOrganisation>();
  for (let tries = 0; frozen.size < count && tries < count * 20; tries++)
    frozen.add(chance.pick(frozen.size % 2 === 0 ? large : organisations));
  return [...frozen].map(({ code }) => {
    const from = chance.below(110);
    return { organisation: code, from: dayAfter(from), until: dayAfter(from + chance.between(21, 56)) };
  });
}

/** `calendar.yaml`. */
export function calendarText(mailboxes: number, freezes: readonly Freeze[]): string {
  const part = (whole: number): number => Math.round((whole * mailboxes) / nationalMailboxes);
  const blackouts = freezes.map(
    ({ organisation, from, until }) => `  - { from: ${from}, until: ${until}, organisations: ["${organisation}"] }\n`,
  );
  return `timezone: Europe/London
from: ${firstDay}
until: ${lastDay}
windows:
  - { name: evening, days: [Mon, Tue, Wed, Thu], start: "19:00", end: "06:00", mailboxes: ${part(22_000)}, bytes: ${part(31.46e12)} }
  - { name: weekend, days: [Fri], start: "19:00", end: "06:00", end_day: Mon, mailboxes: ${part(83_000)} }
blackouts:
  - 2026-08-31
  - { from: 2026-12-24, until: 2027-01-02 }
${blackouts.join('')}kinds_last: [application]
pilot: { share: 0.01 }
`;
}
