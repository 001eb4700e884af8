/** docs/weather.schema.json and docs/weather-yaml.md, made of the declarations in `src/app/weather-form.ts`. */

import type { TObject, TSchema } from 'typebox';
import { aboutOf } from '#app/setting-forms.ts';
import { weatherForm } from '#app/weather-form.ts';
import { editorsSchema, settingTable } from './setting-tables.ts';

/** A winter as it may be; the tests read it. */
export const weatherExample = `# yaml-language-server: $schema=./docs/weather.schema.json
outages:
  - { from: 2026-09-08T18:30, until: 2026-09-08T23:30, side: target }
  - { from: 2026-11-20T06:00, until: 2026-11-21T06:00, side: source }
throttling: { share: 5%, to: 50%, spell: 30m }
failures: { passes: 3%, mailboxes: 5%, at_switch: 25%, mend: 24h }
slow: { share: 5%, times: 2 }
people:
  holds: 1%
  hold: 7d
  excludes: 0.1%
  leavers: 0.5%
  joiners: 1%
  go_backs: 0.2%
  go_back: 3d
  resume: 2h
  notice: 2d
`;

/** JSON Schema 2020-12, by which editors check and complete a weather.yaml as it is written. */
export function weatherSchema(): string {
  return editorsSchema('weather.yaml', weatherForm);
}

export function weatherPage(): string {
  const { outages } = weatherForm.properties;
  return [
    '# weather.yaml',
    '',
    'Made from `src/app/weather-form.ts` by `npm run docs`; do not edit. What goes wrong in a rehearsal: `godwit rehearse plan.csv --faults',
    'weather.yaml`. Whatever is not written is as the rates have it, and people stay with what was planned. Everything that is wrong in it is',
    'told at once, with line and column. Editors that know YAML check and complete it as you write, by the first line of the example and',
    '`docs/weather.schema.json`.',
    '',
    '```yaml',
    weatherExample.trimEnd(),
    '```',
    '',
    'A day on which nothing goes wrong at all is `throttling: { share: 0 }` and `failures: { passes: 0, mailboxes: 0 }`. A twentieth of all',
    'that fails is `failures: { passes: 5%, mailboxes: 5% }`.',
    '',
    '## An outage',
    '',
    'Nobody can sign in on that side, and what is under way is broken off. The breaker opens as it would, and one mailbox tries from time',
    'to time.',
    '',
    ...settingTable(outages.items, Object.entries(outages.items.properties)),
    '',
    ...sectionText('throttling', [
      'In such a spell the platform asks everybody for patience who comes on top of what it bears, and the governor asks it for less, as it would.',
    ]),
    ...sectionText('failures', [
      'A pass that fails is tried again after the wait that is usual, and a switch that has failed five times in a row is withdrawn. Who is blocked',
      'counts against the error budget of their wave, which pauses when that is spent.',
    ]),
    ...sectionText('slow', ['Which windows are slow is drawn from the seed.']),
    ...sectionText('people', [
      'Each share is of all mailboxes, drawn from the seed, and nothing happens to anybody twice. Whoever is let go, comes home or joins moves in',
      'the first later window that has room.',
    ]),
  ].join('\n');
}

function sectionText(key: Exclude<keyof typeof weatherForm.properties, 'outages'>, words: readonly string[]): string[] {
  const form = weatherForm.properties[key] as TSchema as TObject;
  const settings = Object.entries(form.properties as Readonly<Record<string, TSchema>>);
  return [`## \`${key}\`: ${aboutOf(form)?.is}`, '', ...settingTable(form, settings), '', ...words, ''];
}
