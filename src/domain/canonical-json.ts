/**
 * JSON in its one canonical form (RFC 8785, JCS), so that whoever computes a digest or a signature over a document reads the same
 * octets: no blanks, members in the order of the UTF-16 units of their names, numbers and strings as ECMAScript writes them.
 */

/** What a document may consist of. A member that is `undefined` is left out, as `JSON.stringify` does. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

/** Deeper than any document of ours; a hostile one must not exhaust the stack. */
const depthMax = 64;

/** Throws a `RangeError` for what has no canonical form: a number that is not finite (§3.2.2.3), a lone surrogate (§3.2.2.2). */
export function canonicalJson(value: Json): string {
  return written(value, 0);
}

function written(value: Json, depth: number): string {
  if (depth > depthMax) throw new RangeError(`deeper than ${depthMax} levels`);
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'string') return stringText(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (isArray(value)) return `[${value.map((each) => written(each, depth + 1)).join(',')}]`;
  const members = Object.keys(value)
    .sort() // RFC 8785 §3.2.3: by UTF-16 code units, which is how ECMAScript compares strings
    .flatMap((name) => {
      const each = value[name];
      return each === undefined ? [] : [`${stringText(name)}:${written(each, depth + 1)}`];
    });
  return `{${members.join(',')}}`;
}

/** RFC 8785 §3.2.2.3: as ECMAScript writes it, and minus zero as zero. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} has no form in JSON`);
  return JSON.stringify(value);
}

/** RFC 8785 §3.2.2.2. */
function stringText(value: string): string {
  if (!value.isWellFormed()) throw new RangeError('a lone surrogate has no form in UTF-8');
  return JSON.stringify(value);
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
