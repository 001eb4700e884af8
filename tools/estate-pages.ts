/** docs/godwit.schema.json and docs/godwit-yaml.md, made of the declarations in `src/app/estate-settings.ts`. */

import type { TObject, TSchema } from 'typebox';
import { estateForm } from '#app/estate-settings.ts';
import { aboutOf, isSection } from '#app/setting-forms.ts';
import { initText } from '#cli/init-text.ts';
import { editorsSchema, settingTable } from './setting-tables.ts';

/** JSON Schema 2020-12, by which editors check and complete a godwit.yaml as it is written. */
export function estateSchema(): string {
  return editorsSchema('godwit.yaml', estateForm);
}

export function estatePage(): string {
  const example = initText({
    schema: './docs/godwit.schema.json',
    timezone: 'Europe/London',
    source: { url: 'imaps://mail.old.example', admin: 'mover' },
    target: { url: 'imaps://mail.new.example', admin: null },
  });
  return [
    '# godwit.yaml',
    '',
    'Made from `src/app/estate-settings.ts` by `npm run docs`; do not edit. What an operator decides about a programme stands in one',
    'file. `godwit init` writes one to begin with, and `godwit init --check` tells everything that is wrong in it, with line and column.',
    'It is looked for as `godwit.yaml` in the folder where a command is run; `--config FILE` or `GODWIT_CONFIG` name another. Paths in it',
    'count from its own folder. No secret stands in it: docs/secrets.md tells where they are.',
    '',
    'Editors that know YAML check and complete it as you write, by the first line of the file and `docs/godwit.schema.json`. Times are',
    'written 90s, 15m, 1h30m; sizes 512k, 25M (powers of 1024); shares 2% or 0.02.',
    '',
    ...sectionText('', 'At the top', estateForm),
    '## The file that `godwit init` writes',
    '',
    '```yaml',
    example.trimEnd(),
    '```',
    '',
  ].join('\n');
}

/** A table of what stands right in a section, then the same for the sections in it; both platforms are told of once. */
function sectionText(path: string, title: string, form: TObject): readonly string[] {
  const properties = Object.entries(form.properties as Readonly<Record<string, TSchema>>);
  const settings = properties.filter(([, property]) => !isSection(property));
  const sections = properties.filter(([key, property]) => isSection(property) && !(path === '' && key === 'target'));
  return [
    `## ${title}`,
    '',
    ...settingTable(form, settings),
    '',
    ...sections.flatMap(([key, property]) => {
      const under = path === '' ? key : `${path}.${key}`;
      const heading =
        key === 'source'
          ? '`source` and `target`'
          : `\`${under.replace('source.budget', 'source.budget` and `target.budget')}\``;
      return sectionText(
        under,
        `${heading}: ${key === 'source' ? 'the platforms' : aboutOf(property)?.is}`,
        property as TObject,
      );
    }),
  ];
}
