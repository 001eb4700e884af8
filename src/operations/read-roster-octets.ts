/**
 * The fields of an ordinary line of a CSV file, straight from its octets. Of seven million lines most are ordinary: ASCII, as many
 * fields as there are columns, values in their usual form. These are read here without a string being made. Whatever is not
 * recognised, right or wrong, is left to `csv-lines.ts` and `domain/estate-rows.ts`, which alone say what is wrong: so each reader
 * here takes less than they do, and never more.
 */

const [lineFeed, carriageReturn, quote, comma, at, minus, zero, nine] = [
  0x0a, 0x0d, 0x22, 0x2c, 0x40, 0x2d, 0x30, 0x39,
];

/** For each octet whether it may stand in a field of this kind. */
function octetsOf(pattern: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, octet) =>
    octet < 0x7f && pattern.test(String.fromCharCode(octet)) ? 1 : 0,
  );
}

/** As `plainAddress` of `domain/estate-values.ts` has them. */
const inLocal = octetsOf(/[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~.]/);
const inDomain = octetsOf(/[a-zA-Z0-9_\-.]/);
const inAddress = octetsOf(/[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~.@]/);
const atLabelEnds = octetsOf(/[a-zA-Z0-9]/);
/** As `code` there. */
const inCode = octetsOf(/(?=[!-~])[^,;=*"']/);
const inWords = octetsOf(/[ -~]/);

const localMost = 64;
const labelMost = 63;
const addressMost = 254;
/** Digits of which every number can be counted exactly. */
const digitsMost = 15;

/** One field after the other. Each reader says whether it has recognised the value, which then stands in the fields of this. */
export class OctetFields {
  octets: Buffer = Buffer.alloc(0);
  /** The next octet. */
  at = 0;
  /** Where the value begins and where it ends. */
  from = 0;
  to = 0;
  /** A whole number, or days since 1970-01-01. */
  number = 0;
  #isQuoted = false;

  /** Goes to the value of the next field. */
  begin(): void {
    this.#isQuoted = this.octets[this.at] === quote;
    if (this.#isQuoted) this.at++;
    this.from = this.at;
  }

  /** Whether the field ends behind the value; goes to the next, or to the next line. */
  end(isLast: boolean): boolean {
    const { octets } = this;
    this.to = this.at;
    if (this.#isQuoted && octets[this.at++] !== quote) return false;
    const octet = octets[this.at++];
    if (!isLast) return octet === comma;
    return octet === lineFeed || (octet === carriageReturn && octets[this.at++] === lineFeed);
  }

  /** An address in its most usual form. */
  address(): boolean {
    return this.likelyAddress() && isPlainAddress(this.octets, this.from, this.at);
  }

  /** What may be an address, and is one if it stands in the book: then nothing else has to be looked at. */
  likelyAddress(): boolean {
    const { octets } = this;
    let place = this.at;
    while (inAddress[octets[place] as number] === 1) place++;
    this.at = place;
    return place > this.from;
  }

  /** One of these words; `number` says which. */
  word(words: readonly Uint8Array[]): boolean {
    const { octets, at: start } = this;
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as Uint8Array;
      let length = 0;
      while (length < word.length && octets[start + length] === word[length]) length++;
      const next = octets[start + length];
      // No word of a list is the beginning of another, or what follows it would not be the end of the field.
      if (length < word.length || (next !== comma && next !== quote && next !== lineFeed && next !== carriageReturn))
        continue;
      this.at = start + length;
      this.number = i;
      return true;
    }
    return false;
  }

  code(): boolean {
    const { octets } = this;
    let place = this.at;
    while (inCode[octets[place] as number] === 1) place++;
    this.at = place;
    return place > this.from && place - this.from <= 64;
  }

  /** A count or a number of octets; nothing is 0. */
  whole(): boolean {
    const { octets } = this;
    let place = this.at;
    let value = 0;
    let octet = 0;
    while ((octet = octets[place] as number) >= zero && octet <= nine) {
      value = value * 10 + (octet - zero);
      place++;
    }
    this.at = place;
    this.number = value;
    return place - this.from <= digitsMost;
  }

  /** A day, `2026-12-01`; `none` where nothing stands here. */
  day(none: number): boolean {
    const { octets, at: start } = this;
    this.number = none;
    const first = octets[start] as number;
    if (first < zero || first > nine) return true;
    const year = digits(octets, start, 4);
    const month = digits(octets, start + 5, 2);
    const day = digits(octets, start + 8, 2);
    if (year < 1000 || year > 2999 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return false;
    if (octets[start + 4] !== minus || octets[start + 7] !== minus) return false;
    this.at = start + 10;
    this.number = daysBefore(year, month) + day - 1;
    return true;
  }

  /** Words that a person reads, at most so many. */
  words(most: number): boolean {
    const { octets } = this;
    let place = this.at;
    while (
      inWords[octets[place] as number] === 1 &&
      octets[place] !== quote &&
      (this.#isQuoted || octets[place] !== comma)
    )
      place++;
    this.at = place;
    return place - this.from <= most;
  }

  /** The value as text; to be asked of ASCII only. */
  text(): string {
    return this.octets.toString('latin1', this.from, this.at);
  }
}

/** Whether what may be an address is a plain one. */
export function isPlainAddress(octets: Uint8Array, from: number, to: number): boolean {
  let place = from;
  while (inLocal[octets[place] as number] === 1) place++;
  if (octets[place] !== at || place === from || place - from > localMost || to - from > addressMost) return false;
  return isDomain(octets, place + 1, to);
}

/** Labels with a dot between each two. */
function isDomain(octets: Uint8Array, from: number, to: number): boolean {
  let label = from;
  for (let place = from; place <= to; place++) {
    if (place < to && octets[place] !== 0x2e) {
      if (inDomain[octets[place] as number] !== 1) return false;
      continue;
    }
    const isLabel = atLabelEnds[octets[label] as number] === 1 && atLabelEnds[octets[place - 1] as number] === 1;
    if (place === label || place - label > labelMost || !isLabel) return false;
    label = place + 1;
  }
  return true;
}

/** So many digits as a number; -1 where something else is among them. */
function digits(octets: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i++) {
    const octet = octets[i] as number;
    if (!(octet >= zero && octet <= nine)) return -1;
    value = value * 10 + (octet - zero);
  }
  return value;
}

const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysIn(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (lengths[month - 1] as number);
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Days from 1970-01-01 to the first of a month. */
function daysBefore(year: number, month: number): number {
  const before = year - 1;
  let days = before * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 719_162;
  for (let each = 1; each < month; each++) days += daysIn(year, each);
  return days;
}
