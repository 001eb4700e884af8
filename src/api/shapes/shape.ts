/**
 * How values of ours go over the wire: as JSON, with moments in ISO 8601. A shape is the schema of one; it is held against the type
 * of the domain that it mirrors, so that a field that is added there and not here keeps the build from passing.
 */

import Type, { type Static, type TSchema } from 'typebox';

/** `Value` as a program at the other end reads it. */
export type Wire<Value> = unknown extends Value
  ? Value
  : Value extends Date
    ? string
    : Value extends readonly (infer Each)[]
      ? readonly Wire<Each>[]
      : Value extends object
        ? { readonly [Key in keyof Value]: Wire<Value[Key]> }
        : Value;

/** What stands for a field that may be missing, so that two types are only the same where both may miss it. */
type Missing = { readonly isMissing: true };
type Filled<Value> = unknown extends Value
  ? Value
  : Value extends readonly (infer Each)[]
    ? readonly Filled<Each>[]
    : Value extends object
      ? {
          readonly [Key in keyof Value]-?:
            | Filled<Exclude<Value[Key], undefined>>
            | (object extends Pick<Value, Key> ? Missing : never);
        }
      : Value;

type Same<A, B> = [Filled<A>] extends [Filled<B>] ? ([Filled<B>] extends [Filled<A>] ? true : false) : false;

/**
 * Says that `schema` is the shape of `Value`: `shapeOf<MailboxLine>()(Type.Object({ … }))`. Where it is not, the type of the
 * argument is `never`.
 */
export function shapeOf<Value>() {
  return <Schema extends TSchema>(schema: Same<Static<Schema>, Wire<Value>> extends true ? Schema : never): Schema =>
    schema;
}

/** An object of this name with these fields and no others. Documents are made of those that have names. */
export const named = <Fields extends Type.TProperties>(title: string, description: string, fields: Fields) =>
  Type.Object(fields, { title, description, additionalProperties: false });
/** The same where nobody has to call it by a name. */
export const fields = <Fields extends Type.TProperties>(its: Fields) =>
  Type.Object(its, { additionalProperties: false });

export const text = (description: string) => Type.String({ description });
export const count = (description: string) => Type.Integer({ minimum: 0, description });
export const number = (description: string) => Type.Number({ description });
export const flag = (description: string) => Type.Boolean({ description });
/** A `Date`, or a text of ours that is one. */
export const moment = (description: string) => Type.String({ format: 'date-time', description });
/** Milliseconds since 1970, or between two moments. */
export const milliseconds = (description: string) => Type.Number({ description });
export const day = (description: string) => Type.String({ pattern: String.raw`^\d{4}-\d\d-\d\d$`, description });
export const oneOf = <const Words extends string[]>(words: readonly [...Words], description: string) =>
  Type.Enum(words as unknown as [...Words], { description });
export const texts = (description: string) => Type.Array(Type.String(), { description });
export const maybe = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
export const byReason = (description: string) =>
  Type.Record(Type.String(), Type.Integer({ minimum: 0 }), { description });

/** Numbers by these words, as far as there are any. */
export function countsBy<const Word extends string>(words: readonly Word[], description: string) {
  const each = Object.fromEntries(words.map((word) => [word, Type.Optional(Type.Integer({ minimum: 0 }))]));
  return Type.Object(each as unknown as Readonly<Record<Word, Type.TOptional<Type.TInteger>>>, {
    description,
    additionalProperties: false,
  });
}

/** `value` as it goes over the wire: moments as text, fields without a value left out. */
export function wire<Value>(value: Value): Wire<Value> {
  return plain(value) as Wire<Value>;
}

function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const its: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value)) if (each !== undefined) its[key] = plain(each);
  return its;
}
