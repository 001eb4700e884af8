/**
 * Of what settings in YAML are made: a form for each kind of value, which bears what is said of it to people. `check-form.ts`
 * checks what was written against it, and pages and JSON Schemas are made from it.
 */

import Type, { type TArray, type TObject, type TProperties, type TSchema } from 'typebox';

/** What people read of a setting. */
export interface About {
  readonly is: string;
  /** Completes the sentence "must be …". */
  readonly expected: string;
  readonly changeWhen?: string;
}

/** A form that bears what is said of it. A setting with a default need not be written. */
type Options = { readonly about: About; readonly default?: unknown };

export const section = <P extends TProperties>(is: string, properties: P) =>
  Type.Object(properties, {
    additionalProperties: false,
    about: { is, expected: `a section with ${Object.keys(properties).join(', ')}` },
  });
/** One line that shows all it holds. */
export const text = (options: Options) =>
  Type.String({ pattern: String.raw`^[^\x00-\x1f\x7f]+$`, maxLength: 2_000, ...options });
export const flag = (options: Options) => Type.Boolean(options);
export const count = (maximum: number, options: Options) => Type.Integer({ minimum: 1, maximum, ...options });
/** As cli/quantities.ts reads them. */
export const duration = (options: Options) =>
  Type.Union(
    [Type.String({ pattern: String.raw`^\s*\d+\s*$|^\s*(\d+[smhdSMHD])+\s*$` }), Type.Integer({ minimum: 1 })],
    options,
  );
export const size = (options: Options) =>
  Type.Union([Type.String({ pattern: '^[0-9.]+ ?[kKmMgGtT]?([iI]?[bB])?$' }), Type.Integer({ minimum: 1 })], options);
export const share = (options: Options) =>
  Type.Union([Type.String({ pattern: '^[0-9.]+ ?%?$' }), Type.Number({ minimum: 0, maximum: 1 })], options);

/** Where a secret is to be had, which never stands in a file of settings itself. */
export const secretReference = (is: string, itself: 'secret' | 'key' = 'secret') =>
  Type.String({
    pattern: String.raw`^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|credential:\S+|sealed:\S+)$`,
    maxLength: 4_096,
    about: {
      is,
      expected: `a reference, env:NAME, file:PATH, credential:NAME or sealed:NAME, and never the ${itself} itself`,
    },
  });
/** Of a server that is spoken to by TLS. */
export const ownAuthorities = () =>
  text({
    about: {
      is: 'authorities to trust besides those of the machine (PEM)',
      expected: 'the path of a file',
      changeWhen: "the server has a certificate of the organisation's own authority.",
    },
  });
export const verifyCertificate = () =>
  flag({
    default: true,
    about: {
      is: 'whether its certificate is verified',
      expected: 'true or false',
      changeWhen: 'never, if it can be helped; `ca` is safer.',
    },
  });
export const allowClearText = (is: string) =>
  flag({
    default: false,
    about: { is, expected: 'true or false', changeWhen: 'nobody else has access to what lies between.' },
  });

/** What is said of a setting; null for a form that is part of another. */
export function aboutOf(form: TSchema): About | null {
  return (form as { readonly about?: About }).about ?? null;
}

/** Whether other settings stand in it. */
export function isSection(form: TSchema): form is TObject {
  return 'properties' in form;
}

export function isList(form: TSchema): form is TArray {
  return 'items' in form;
}

/** Of a value that may have several forms, the one that is meant by this value; `form` itself where there is but one. */
export function formFor(form: TSchema, value: unknown): TSchema {
  const alternatives = 'anyOf' in form ? (form.anyOf as readonly TSchema[]) : [];
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return alternatives.find((each) => (isList(each) ? Array.isArray(value) : isSection(each) && isMapping)) ?? form;
}

/** Whether it has to be written. */
export function isNeeded(form: TObject, key: string): boolean {
  const property = (form.properties as Readonly<Record<string, TSchema>>)[key] as TSchema;
  if (isOptional(form, key)) return false;
  if (isSection(property)) return Object.keys(property.properties).some((each) => isNeeded(property, each));
  return !('default' in property);
}

/** Whether nothing stands for it where it is not written: neither a default nor, of a section, the defaults in it. */
export function isOptional(form: TObject, key: string): boolean {
  return (form.required as readonly string[] | undefined)?.includes(key) !== true;
}
