/** docs/calendar.schema.json and docs/calendar-yaml.md, made of the declarations in `src/app/calendar-form.ts`. */

import type { TObject, TSchema } from 'typebox';
import { calendarForm } from '#app/calendar-form.ts';
import { aboutOf, isSection } from '#app/setting-forms.ts';
import { editorsSchema, settingTable } from './setting-tables.ts';

/** What a programme of a large country might write; the tests read it. */
export const calendarExample = `# yaml-language-server: $schema=./docs/calendar.schema.json
timezone: Europe/London
from: 2026-08-03
until: 2027-01-31
windows:
  - { name: evening, days: [Mon, Tue, Wed, Thu], start: "19:00", end: "06:00", mailboxes: 22000, bytes: 31460000000000 }
  - { name: weekend, days: [Fri], start: "19:00", end: "06:00", end_day: Mon, mailboxes: 83000 }
blackouts:
  - 2026-08-31                                                          # a bank holiday
  - { from: 2026-12-24, until: 2027-01-02 }                             # Christmas
  - { from: 2026-10-01, until: 2026-10-07, organisations: [RXY] }       # one organisation's freeze
  - { from: 2026-11-02, until: 2026-11-06, under: [QWE] }               # a region's
kinds_last: [application]
pilot: { share: 0.01 }
weights: { full-access: 5, send-as: 5, send-on-behalf: 3, folder: 1 }   # the default
ramp: { weeks: 3, from: 0.25 }
`;

/** JSON Schema 2020-12, by which editors check and complete a calendar.yaml as it is written. */
export function calendarSchema(): string {
  return editorsSchema('calendar.yaml', calendarForm);
}

export function calendarPage(): string {
  const properties = Object.entries(calendarForm.properties as Readonly<Record<string, TSchema>>);
  const { windows, blackouts } = calendarForm.properties;
  const blackout = blackouts.items.anyOf[1] as TObject;
  return [
    '# calendar.yaml',
    '',
    'Made from `src/app/calendar-form.ts` by `npm run docs`; do not edit. When windows are, how much fits into each, and when nobody',
    'may move: what `godwit plan` plans by. Everything that is wrong in it is told at once, with line and column. Editors that know YAML',
    'check and complete it as you write, by the first line of the example and `docs/calendar.schema.json`.',
    '',
    '```yaml',
    calendarExample.trimEnd(),
    '```',
    '',
    '## At the top',
    '',
    ...settingTable(
      calendarForm,
      properties.filter(([, property]) => !isSection(property)),
    ),
    '',
    '## A rule of `windows`',
    '',
    ...settingTable(windows.items, Object.entries(windows.items.properties)),
    '',
    'A window closes the next time that clocks show `end`: an evening that begins at 19:00 and ends at 06:00 ends in the morning. With',
    '`end_day` it is the next such time on that day of the week: from Friday to Monday. The windows of all rules together follow each other and do',
    'not overlap. A day in full is written with two days: `start: "00:00", end: "00:00", end_day: Tue` of a Monday.',
    '',
    'A window that opens on the last day of the calendar is used, however long after it it closes.',
    '',
    'Nights in which clocks are changed are as long as they are. A time that is skipped in spring is as much later as the clock was put',
    'forward; of one that comes twice in autumn the first counts. A window that has no time in it then, or would run into the next, is not used,',
    'and it is told.',
    '',
    '## A blackout',
    '',
    'A day, or days with the first and the last of them, from midnight to midnight by the clocks of `timezone`. A window that touches one with any',
    'minute is not used: a weekend from Friday evening to Monday morning is left out for a bank holiday on that Monday, and so is',
    'the evening before Christmas. A window that ends at midnight, as the blackout begins, does not touch it.',
    '',
    ...settingTable(blackout, Object.entries(blackout.properties)),
    '',
    "An organisation's freeze is a blackout with `organisations` or `under`: its mailboxes do not move in the windows that it touches, all others do.",
    'Codes are those of `organisations.csv`; one that the estate does not have is remarked upon, with the nearest that it has.',
    '',
    ...sectionText('pilot', [
      'The pilot is the first window that can be used. It takes its share of all mailboxes of the estate, rounded down, at least one, and at most',
      'what fits into it. Without `pilot` there is none.',
    ]),
    ...sectionText('weights', [
      'The plan with the least sum of weight × days apart over all grants is the best of those that place everybody who can be placed. The',
      'days apart are those between the days on which the windows of the two mailboxes open.',
    ]),
    ...sectionText('ramp', [
      'Weeks are counted by seven days from the day on which the first window that can be used opens. In week k (from 0) there is',
      '`from + (1 - from) × k / weeks` of the mailboxes and of the octets of each window, rounded down, and at least one. Without `ramp`',
      'all of it is there at once.',
    ]),
  ].join('\n');
}

function sectionText(key: 'pilot' | 'weights' | 'ramp', words: readonly string[]): readonly string[] {
  const form = calendarForm.properties[key] as TSchema as TObject;
  const settings = Object.entries(form.properties as Readonly<Record<string, TSchema>>);
  return [`## \`${key}\`: ${aboutOf(form)?.is}`, '', ...settingTable(form, settings), '', ...words, ''];
}
