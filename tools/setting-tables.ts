/** Forms of settings as people and their editors read them: a table of a page, and JSON Schema. */

import type { TObject, TSchema } from 'typebox';
import { aboutOf, isNeeded, isSection } from '#app/setting-forms.ts';

/** JSON Schema 2020-12 of a whole file, by which editors check and complete it as it is written. */
export function editorsSchema(title: string, form: TObject): string {
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', title, ...forEditors(form) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** A form as JSON Schema; nothing with a default is required, and what is said of a setting is its description. */
function forEditors(form: TSchema): object {
  const about = aboutOf(form);
  const { about: _, required: __, ...rest } = { ...form } as Record<string, unknown>;
  const described = about && { description: `${sentence(about.is)} Written: ${about.expected}.` };
  if ('items' in form) return { ...rest, ...described, items: forEditors(form.items as TSchema) };
  if ('anyOf' in form)
    return { ...rest, ...described, anyOf: (form.anyOf as readonly TSchema[]).map((each) => forEditors(each)) };
  if ('patternProperties' in form) {
    const patterns = Object.entries(form.patternProperties as Readonly<Record<string, TSchema>>);
    const each = Object.fromEntries(patterns.map(([pattern, value]) => [pattern, forEditors(value)]));
    return { ...rest, ...described, patternProperties: each };
  }
  if (!isSection(form)) return { ...rest, ...described };
  const properties = Object.entries(form.properties as Readonly<Record<string, TSchema>>);
  return {
    ...rest,
    description: about && sentence(about.is),
    required: properties.map(([key]) => key).filter((key) => isNeeded(form, key)),
    properties: Object.fromEntries(properties.map(([key, property]) => [key, forEditors(property)])),
  };
}

export type NamedForm = readonly [key: string, form: TSchema];

/** Of what stands right in a section; nothing where nothing does. */
export function settingTable(form: TObject, settings: readonly NamedForm[]): readonly string[] {
  if (settings.length === 0) return [];
  return [
    '| setting | is | default | values | change it when |',
    '| --- | --- | --- | --- | --- |',
    ...settings.map(([key, property]) => row(key, property, isNeeded(form, key))),
  ];
}

function row(key: string, form: TSchema, needed: boolean): string {
  const about = aboutOf(form);
  const otherwise = 'default' in form ? `\`${shown(form.default)}\`` : needed ? 'has to be written' : 'none';
  return `| \`${key}\` | ${about?.is} | ${otherwise} | ${about?.expected} | ${about?.changeWhen ?? ''} |`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${words.endsWith('.') ? '' : '.'}`;
}
