/** Whether what was written has the form that was declared: every setting that is unknown, missing or of another kind. */

import type { TObject, TSchema } from 'typebox';
import Value from 'typebox/value';
import { cleanText } from '#lib/clean-text.ts';
import { nearest } from '#lib/nearest.ts';
import { aboutOf, formFor, isList, isNeeded, isOptional, isSection } from './setting-forms.ts';
import type { Path } from './yaml-places.ts';

export interface FormProblem {
  readonly path: Path;
  /** Whether the key is what is wrong, rather than the value. */
  readonly key: boolean;
  readonly says: string;
}

/**
 * Everything in `value` that has not the form `form`, in the order of the form. No value is repeated, since it may be a
 * secret that stands in the wrong place.
 */
export function checkForm(form: TObject, value: unknown): readonly FormProblem[] {
  return [...sectionProblems(form, form, value, [])];
}

/** `value` with the defaults of what is not written. */
export function completed(form: TSchema, value: unknown): unknown {
  if (value === undefined && 'default' in form) return form.default;
  if (!isSection(form)) return value;
  // A heading with nothing below it, as where everything below is commented out.
  const written = value ?? {};
  if (!isMapping(written)) return value;
  const properties = Object.entries(form.properties as Readonly<Record<string, TSchema>>).map(([key, property]) => {
    const its = own(written, key);
    return [key, its === undefined && isOptional(form, key) ? its : completed(property, its)] as const;
  });
  return { ...written, ...Object.fromEntries(properties.filter(([, each]) => each !== undefined)) };
}

function* sectionProblems(whole: TObject, form: TObject, value: unknown, path: Path): Generator<FormProblem, void> {
  const written = value ?? {};
  if (!isMapping(written)) return yield* wrong(form, path);
  const properties = form.properties as Readonly<Record<string, TSchema>>;
  for (const key of Object.keys(written)) {
    if (!Object.hasOwn(properties, key))
      yield { path: [...path, key], key: true, says: unknownKey(whole, form, key, path) };
  }
  for (const [key, property] of Object.entries(properties)) {
    const at = [...path, key];
    const its = own(written, key);
    if (its === undefined && isOptional(form, key)) continue;
    if (its === undefined && isNeeded(form, key) && !isSection(property))
      yield { path: at, key: true, says: `${at.join('.')} is missing: ${aboutOf(property)?.expected}.` };
    else if (isSection(property)) yield* sectionProblems(whole, property, its, at);
    else if (its !== undefined) yield* valueProblems(whole, property, its, at);
  }
}

function* valueProblems(whole: TObject, declared: TSchema, value: unknown, path: Path): Generator<FormProblem, void> {
  const form = formFor(declared, value);
  if (isSection(form) && isMapping(value)) yield* sectionProblems(whole, form, value, path);
  else if (isList(form) && Array.isArray(value)) {
    for (const [i, each] of value.entries()) yield* valueProblems(whole, form.items, each, [...path, i]);
  } else if (!Value.Check(form, value)) yield* wrong(form, path);
}

function* wrong(form: TSchema, path: Path): Generator<FormProblem, void> {
  yield { path, key: false, says: `${path.join('.') || 'The file'} must be ${aboutOf(form)?.expected}.` };
}

/** The nearest of its section is offered; one that stands elsewhere is shown its place. */
function unknownKey(whole: TObject, form: TObject, key: string, path: Path): string {
  const where = path.length === 0 ? '' : ` of ${path.join('.')}`;
  const said = `"${cleanText(key, 60)}" is no setting${where}`;
  const near = nearest(key, Object.keys(form.properties));
  if (near !== null) return `${said}; did you mean "${near}"?`;
  const homes = homesOf(whole, key, []);
  const home = homes.find((each) => path.every((part, i) => each[i] === part)) ?? homes[0];
  if (home) return `${said}; it stands ${home.length === 0 ? 'at the top' : `in ${home.join('.')}`}.`;
  return `${said}. They are ${Object.keys(form.properties).join(', ')}.`;
}

/** The sections that have a setting of this name. */
function homesOf(form: TObject, key: string, path: readonly string[]): readonly (readonly string[])[] {
  return Object.entries(form.properties as Readonly<Record<string, TSchema>>).flatMap(([name, property]) =>
    name === key ? [path] : sectionsIn(property).flatMap((each) => homesOf(each, key, [...path, name])),
  );
}

/** The section that it is, or those that its list is made of. */
function sectionsIn(form: TSchema): readonly TObject[] {
  if (isSection(form)) return [form];
  if (isList(form)) return sectionsIn(form.items);
  return 'anyOf' in form ? (form.anyOf as readonly TSchema[]).flatMap(sectionsIn) : [];
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(value: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}
