/** Whether a question fits the contract, and whether our own answer does. */

import type { Static, TObject, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { cleanText } from '#lib/clean-text.ts';
import { unfit } from './answer.ts';

const problemsMost = 10;

/** Reads one part of a question: `path`, `query` or `body`. Throws `api.request.unfit`. */
export function reader<Schema extends TObject>(part: string, schema: Schema, fromText: boolean) {
  const compiled = Compile(schema);
  return (given: unknown): Static<Schema> => {
    const value = fromText ? typed(schema, given) : (given ?? {});
    if (compiled.Check(value)) return value;
    throw unfit(...problemsIn(part, compiled.Errors(value)));
  };
}

/**
 * Makes an answer of ours what the contract says it is. What it holds besides is left out: a value may always be more than its type
 * tells. What it lacks is our fault.
 */
export function answerCheck(
  schema: TSchema,
): (value: unknown) => { readonly fits: unknown } | { readonly wrong: string } {
  const compiled = Compile(schema);
  return (value) => {
    if (compiled.Check(value)) return { fits: value };
    const cleaned = compiled.Clean(value);
    if (compiled.Check(cleaned)) return { fits: cleaned };
    return { wrong: problemsIn('answer', compiled.Errors(cleaned)).join('; ') };
  };
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: unknown;
}

/** No value is repeated: it may be a secret that stands in the wrong place. */
function problemsIn(part: string, errors: Iterable<SchemaError>): readonly string[] {
  const problems = new Set<string>();
  for (const { keyword, instancePath, message } of errors) {
    // Told by its own place already.
    if (keyword === 'additionalProperties') continue;
    const at = `${part}${cleanText(instancePath, 200)}`;
    problems.add(keyword === 'boolean' ? `${at} is not known here` : `${at} ${message}`);
    if (problems.size === problemsMost) break;
  }
  return [...problems];
}

/** What came as text, as what it is to be: numbers in digits, `true` and `false`. Nothing else is taken for anything. */
function typed(schema: TObject, given: unknown): unknown {
  const its: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given as Record<string, unknown>)) {
    const type = Object.hasOwn(schema.properties, key) ? typeOf(schema.properties[key] as TSchema) : null;
    if (type === 'integer' && typeof value === 'string' && /^\d{1,15}$/.test(value)) its[key] = Number(value);
    else if (type === 'boolean' && (value === 'true' || value === 'false')) its[key] = value === 'true';
    else Object.defineProperty(its, key, { value, enumerable: true });
  }
  return its;
}

function typeOf(schema: TSchema): unknown {
  return 'type' in schema ? schema.type : null;
}
