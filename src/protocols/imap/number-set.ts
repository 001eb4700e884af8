/** Sets of UIDs on the wire: `sequence-set` (RFC 9051 §9) to and from ascending ranges. */

export type NumberRange = readonly [first: number, last: number];
/** Ranges, normally ascending and disjoint. The largest UID there can be stands for `*`. */
export type NumberSet = readonly NumberRange[];

/** `*`: the largest number in use, whatever it is. */
export const largestNumber = 0xffff_ffff;

/** Writes a set, e.g. `1:4,7,9:*`. */
export function writeNumberSet(set: NumberSet): string {
  return set.map(writeRange).join(',');
}

/** Writes a set as several, none longer than `octetsMax`, since many servers bound the length of a command. */
export function splitNumberSet(set: NumberSet, octetsMax: number): readonly string[] {
  const whole = set.length <= 40 ? writeNumberSet(set) : null;
  if (whole !== null && whole.length <= octetsMax) return set.length === 0 ? [] : [whole];
  const parts: string[] = [];
  let part = '';
  for (const range of set) {
    const text = writeRange(range);
    if (part !== '' && part.length + 1 + text.length > octetsMax) {
      parts.push(part);
      part = '';
    }
    part += part === '' ? text : `,${text}`;
  }
  if (part !== '') parts.push(part);
  return parts;
}

/** Reads a set of numbers without `*`, ascending and joined; null when it is none. */
export function readNumberSet(text: string): NumberSet | null {
  const ranges: [number, number][] = [];
  let sorted = true;
  for (const part of text.split(',')) {
    const match = /^([0-9]{1,10})(?::([0-9]{1,10}))?$/.exec(part);
    if (!match) return null;
    const a = Number(match[1]);
    const b = match[2] === undefined ? a : Number(match[2]);
    const range: [number, number] = a <= b ? [a, b] : [b, a];
    if (sorted && ranges.length > 0 && range[0] <= (ranges.at(-1) as NumberRange)[1]) sorted = false;
    ranges.push(range);
  }
  return sorted ? ranges : joined(ranges);
}

/** Ranges in any order, made ascending and disjoint. */
export function joined(ranges: readonly NumberRange[]): NumberSet {
  const out: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const previous = out.at(-1);
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else out.push([first, last]);
  }
  return out;
}

/** Numbers gathered one by one, normally ascending: a folder read in order stays one range. */
export class NumberGatherer {
  readonly #ranges: [number, number][] = [];
  /** What came out of order; a server that tells its messages in any order is rare, and must not cost squares. */
  readonly #loose = new Set<number>();

  /** Adds a number; false when it was there already. */
  add(value: number): boolean {
    const last = this.#ranges.at(-1);
    if (!last || value > last[1]) {
      if (this.#loose.has(value)) return false;
      if (last && value === last[1] + 1) last[1] = value;
      else this.#ranges.push([value, value]);
      return true;
    }
    if (this.has(value)) return false;
    this.#loose.add(value);
    return true;
  }

  has(value: number): boolean {
    return this.#loose.has(value) || inNumberSet(this.#ranges, value);
  }

  /** Everything gathered, ascending. */
  get set(): NumberSet {
    if (this.#loose.size === 0) return this.#ranges;
    return joined([...this.#ranges, ...[...this.#loose].map((value): NumberRange => [value, value])]);
  }
}

/** Whether a set of ascending ranges holds the number. */
export function inNumberSet(set: NumberSet, value: number): boolean {
  let low = 0;
  let high = set.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = set[middle] as NumberRange;
    if (value < first) high = middle - 1;
    else if (value > last) low = middle + 1;
    else return true;
  }
  return false;
}

function writeRange([first, last]: NumberRange): string {
  if (!Number.isInteger(first) || !Number.isInteger(last) || first < 1 || last < first || last > largestNumber) {
    throw new RangeError(`no range of UIDs: ${first}:${last}`);
  }
  if (last === largestNumber) return first === last ? '*' : `${first}:*`;
  return first === last ? String(first) : `${first}:${last}`;
}
