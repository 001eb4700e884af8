/**
 * `resp-text` (RFC 9051 §9): the code in brackets that a status response may begin with, and the words after it. Never
 * throws: a code that is not spelt as it should be is `malformed`, one we have no use for is `other`, and both keep
 * their name. Exchange sends `[COPYUID n  ]` with empty sets, Gmail flags that hold `]`, Zoho numbers that are none.
 */

export interface RespText {
  readonly code: ResponseCode | null;
  /** The words, without the code. They are a server's: clean them before they are shown. */
  readonly text: string;
}

/** UIDs in the order the server wrote them; each range ascending (`4:2` equals `2:4`, RFC 4315 §4). */
export type UidRanges = readonly (readonly [first: number, last: number])[];

export type ResponseCode =
  /** RFC 4315 §3. For MULTIAPPEND the set is in the order sent. */
  | { readonly kind: 'append-uid'; readonly name: string; readonly uidValidity: number; readonly uids: UidRanges }
  | {
      readonly kind: 'copy-uid';
      readonly name: string;
      readonly uidValidity: number;
      readonly from: UidRanges;
      readonly to: UidRanges;
    }
  /** `anyKeyword`: the server takes keywords it has not seen yet (`\*`), which is left out of `flags`. */
  | {
      readonly kind: 'permanent-flags';
      readonly name: string;
      readonly flags: readonly string[];
      readonly anyKeyword: boolean;
    }
  | { readonly kind: 'uid-next'; readonly name: string; readonly value: number }
  | { readonly kind: 'uid-validity'; readonly name: string; readonly value: number }
  | { readonly kind: 'unseen'; readonly name: string; readonly value: number }
  /** RFC 7162 §3.1.2.1. */
  | { readonly kind: 'highest-mod-seq'; readonly name: string; readonly value: bigint }
  | { readonly kind: 'no-mod-seq'; readonly name: string }
  /** RFC 7162 §3.1.3: what a conditional STORE left alone. */
  | { readonly kind: 'modified'; readonly name: string; readonly uids: UidRanges }
  | { readonly kind: 'capability'; readonly name: string; readonly capabilities: readonly string[] }
  | { readonly kind: 'bad-charset'; readonly name: string; readonly charsets: readonly string[] }
  /** A code that says all by its name: those of RFC 5530 and their like. */
  | { readonly kind: 'plain'; readonly name: PlainCode }
  /** Known, but what followed cannot be believed (UIDNEXT 0, UIDVALIDITY 9.37e+06): as good as not said. */
  | { readonly kind: 'malformed'; readonly name: string; readonly rest: string }
  | { readonly kind: 'other'; readonly name: string; readonly rest: string };

/**
 * Names in capitals. RFC 3501 §7.1, RFC 5530 §3, RFC 9051 §7.1, RFC 7889 §3 (TOOBIG), RFC 6154 §6 (USEATTR), Gmail's
 * THROTTLED.
 */
// biome-ignore format: a list to be read, not scrolled
const plainCodes = [
  'ALERT', 'PARSE', 'READ-ONLY', 'READ-WRITE', 'TRYCREATE', 'CLOSED', 'NOTSAVED', 'HASCHILDREN', 'UIDNOTSTICKY', 'UNKNOWN-CTE',
  'UNAVAILABLE', 'AUTHENTICATIONFAILED', 'AUTHORIZATIONFAILED', 'EXPIRED', 'PRIVACYREQUIRED', 'CONTACTADMIN', 'NOPERM',
  'INUSE', 'EXPUNGEISSUED', 'CORRUPTION', 'SERVERBUG', 'CLIENTBUG', 'CANNOT', 'LIMIT', 'OVERQUOTA', 'ALREADYEXISTS',
  'NONEXISTENT', 'TOOBIG', 'USEATTR', 'THROTTLED', 'COMPRESSIONACTIVE',
] as const;
export type PlainCode = (typeof plainCodes)[number];
const isPlain: ReadonlySet<string> = new Set(plainCodes);

/** A code longer than this is not looked into (an APPENDUID of 10,000 scattered messages has 110,000 octets). */
const longestCode = 262_144;
const longestName = 64;
const longestRest = 1_000;
/** More flags, charsets or capabilities than any server has. */
const mostWords = 10_000;

/** Splits what follows OK, NO, BAD, BYE or PREAUTH and a space into code and words. */
export function readRespText(said: string): RespText {
  if (!said.startsWith('[')) return { code: null, text: said };
  const end = endOfCode(said);
  if (end < 0) return { code: null, text: said };
  return { code: readResponseCode(said.slice(1, end)), text: said.slice(end + 1).trimStart() };
}

/** `resp-text-code` (RFC 9051 §9), without its brackets; null when there is not even a name of visible US-ASCII. */
export function readResponseCode(inside: string): ResponseCode | null {
  const gap = inside.search(/[ (]/);
  const name = (gap < 0 ? inside : inside.slice(0, gap)).toUpperCase().slice(0, longestName);
  if (!/^[!-~]+$/.test(name)) return null;
  if (isPlain.has(name)) return { kind: 'plain', name: name as PlainCode };
  const rest = gap < 0 ? '' : inside.slice(gap).trim();
  if (inside.length > longestCode) return { kind: 'malformed', name, rest: rest.slice(0, longestRest) };
  const read = readers.get(name);
  if (!read) return { kind: 'other', name, rest: rest.slice(0, longestRest) };
  return read(name, rest) ?? { kind: 'malformed', name, rest: rest.slice(0, longestRest) };
}

type CodeReader = (name: string, rest: string) => ResponseCode | null;
const readers: ReadonlyMap<string, CodeReader> = new Map<string, CodeReader>([
  ['APPENDUID', appendUid],
  ['COPYUID', copyUid],
  ['PERMANENTFLAGS', permanentFlags],
  ['UIDNEXT', (name, rest) => numbered('uid-next', name, rest)],
  ['UIDVALIDITY', (name, rest) => numbered('uid-validity', name, rest)],
  ['UNSEEN', (name, rest) => numbered('unseen', name, rest)],
  ['HIGHESTMODSEQ', highestModSeq],
  ['NOMODSEQ', (name) => ({ kind: 'no-mod-seq', name })],
  ['MODIFIED', modified],
  ['CAPABILITY', (name, rest) => ({ kind: 'capability', name, capabilities: words(rest) })],
  ['BADCHARSET', (name, rest) => ({ kind: 'bad-charset', name, charsets: inList(rest) })],
]);

/** `resp-code-apnd` (RFC 4315 §4). One number is a set of one, so this also reads the answer to MULTIAPPEND. */
function appendUid(name: string, rest: string): ResponseCode | null {
  const [first = '', set = ''] = words(rest);
  const uidValidity = nzNumber(first);
  const uids = uidRanges(set);
  return uidValidity === null || uids === null || uids.length === 0
    ? null
    : { kind: 'append-uid', name, uidValidity, uids };
}

/** `resp-code-copy` (RFC 4315 §4), or with empty sets as Exchange sends it when nothing was copied. */
function copyUid(name: string, rest: string): ResponseCode | null {
  const [first = '', source = '', target = ''] = words(rest);
  const uidValidity = nzNumber(first);
  const from = uidRanges(source);
  const to = uidRanges(target);
  return uidValidity === null || from === null || to === null
    ? null
    : { kind: 'copy-uid', name, uidValidity, from, to };
}

function permanentFlags(name: string, rest: string): ResponseCode {
  const flags = inList(rest);
  return {
    kind: 'permanent-flags',
    name,
    flags: flags.filter((flag) => flag !== '\\*'),
    anyKeyword: flags.includes('\\*'),
  };
}

function numbered(kind: 'uid-next' | 'uid-validity' | 'unseen', name: string, rest: string): ResponseCode | null {
  const value = nzNumber(rest);
  return value === null ? null : { kind, name, value };
}

function highestModSeq(name: string, rest: string): ResponseCode | null {
  // Up to 63 bits (RFC 7162 §3.1.2.1). 0 and -1 are sent by servers that keep none.
  if (!/^[0-9]{1,19}$/.test(rest)) return null;
  const value = BigInt(rest);
  return value === 0n || value > 0x7fff_ffff_ffff_ffffn ? null : { kind: 'highest-mod-seq', name, value };
}

function modified(name: string, rest: string): ResponseCode | null {
  const uids = uidRanges(rest);
  return uids === null ? null : { kind: 'modified', name, uids };
}

/** `uid-set` (RFC 4315 §4), also empty; null when it is none. */
function uidRanges(set: string): UidRanges | null {
  if (set === '') return [];
  const ranges: (readonly [number, number])[] = [];
  for (const part of set.split(',')) {
    const colon = part.indexOf(':');
    const first = nzNumber(colon < 0 ? part : part.slice(0, colon));
    const last = colon < 0 ? first : nzNumber(part.slice(colon + 1));
    if (first === null || last === null) return null;
    ranges.push(first <= last ? [first, last] : [last, first]);
  }
  return ranges;
}

/** `nz-number` (RFC 9051 §9): 1 to 2^32-1. */
function nzNumber(text: string): number | null {
  if (!/^[0-9]{1,10}$/.test(text)) return null;
  const value = Number(text);
  return value >= 1 && value <= 0xffff_ffff ? value : null;
}

function words(text: string): readonly string[] {
  return text.split(' ', mostWords).filter((word) => word !== '');
}

/** The words of a parenthesised list, quotes taken off; of a list that is not closed, those that are there. */
function inList(text: string): readonly string[] {
  const open = text.indexOf('(');
  if (open < 0) return [];
  const close = text.lastIndexOf(')');
  return words(text.slice(open + 1, close < open ? undefined : close)).map((word) => word.replace(/^"(.*)"$/, '$1'));
}

/**
 * Where the code's bracket closes: the first `]` that stands in no list and no quotes, since keywords may hold one, or
 * else the first of all. -1 when there is none.
 */
function endOfCode(said: string): number {
  let depth = 0;
  let quoted = false;
  const end = Math.min(said.length, longestCode);
  for (let i = 1; i < end; i++) {
    const char = said[i];
    if (quoted) {
      if (char === '\\') i++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === ']' && depth <= 0) return i;
  }
  return said.indexOf(']');
}
