/**
 * The last look at what is about to be written down. Secrets are kept out of log lines where they come up; this is for what
 * somebody else put together: the message of a library with a URL in it, an error with another inside, a field that bears what
 * its name says, however deep it lies.
 */

const hidden = '[hidden]';

/** Words that say what a value is, by themselves or as a part of a name: `clientSecret`, `db_password`, `x-api-key`. */
const words =
  '[a-z\\d]*(?:password|passwd|passphrase)|pass(?:code)?|pwd|secrets?|tokens?|jwt|authorization|bearer|cookies?|credentials?|sasl|initial response|' +
  '(?:private|secret|sealing|signing|encryption|api|access|root|digest|account) keys?|key material|connection (?:string|url)|' +
  'database url';
const wordsInName = new RegExp(`(?:^| )(?:${words})(?: |$)`);
/** Names are few, and written by us; those of objects of others are forgotten again. */
const nameMax = 1_000;
const judgedNames = new Map<string, boolean>();

/** One look is enough for almost every text: none of what is to be hidden goes without one of these. */
const suspicious =
  /:\/\/|pass|pwd|secret|token|jwt|cookie|credential|authori[sz]|authenticate|login|bearer|PRIVATE KEY|eyJ|godwit_s?\d|(?:private|api|access|account)[_-]?key/i;

type Rule = readonly [pattern: RegExp, instead: string];

/** In the words of messages, what stands behind a name: `password=…`, `"client_secret": "…"`. */
const named =
  'pass(?:word|wd|phrase)|pwd|(?:client|app|shared|sealing)[_-]?secret|(?:access|refresh|id|auth|bearer)[_-]?token|' +
  '(?:private|secret|api|access|account)[_-]?key|(?:set-)?cookie|(?:proxy-)?authorization';

const rules: readonly Rule[] = [
  // The password of a URL (RFC 3986 §3.2.1), also one in which somebody forgot to encode a slash or an at sign.
  [/\b([a-z][a-z\d+.-]*:\/\/[^\s:/@]*):[^\s]*@/gi, `$1:${hidden}@`],
  // On the web, who stands before the at sign is often a token.
  [/\b(https?:\/\/)[^\s:/@]+@/gi, `$1${hidden}@`],
  [/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^]*?(?:-----END \1-----|$)/g, `$1 ${hidden}`],
  // RFC 7519 §3: a token that says of itself that it is one.
  [/\beyJ[\w-]{8,}\.[\w-]*(?:\.[\w-]*)*/g, hidden],
  // What lets somebody into the API (domain/bearer.ts): which one it was may be told.
  [/(godwit_s?\d+_)[\w-]{16,}/g, `$1${hidden}`],
  [/\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:basic|bearer|negotiate|digest)\s+)[^\s"',;]+/gi, `$1${hidden}`],
  [/\b(bearer\s+)(?=[\w.~+/-]*\d)[\w.~+/-]{8,}=*/gi, `$1${hidden}`],
  // RFC 9051 §6.2.2 and §6.2.3, RFC 4954 §4: whoever signs in, as a server may repeat it.
  [/\b(AUTH(?:ENTICATE)? [\w-]+ )[A-Za-z\d+/]{4,}={0,2}/gi, `$1${hidden}`],
  [/\b(LOGIN (?:"(?:[^"\\]|\\.)*"|[^\s"]+) )"(?:[^"\\]|\\.)*"/gi, `$1${hidden}`],
  [
    new RegExp(
      `((?:^|[^a-z])(?:${named})["']?\\s*[=:]\\s*)(?!\\[hidden\\])(?:"(?:[^"\\\\]|\\\\.)*"|'[^']*'|[^\\s,;&"'})]+)`,
      'gi',
    ),
    `$1${hidden}`,
  ],
];

/** The text without what in it looks like a secret. */
export function withoutSecrets(text: string): string {
  if (!suspicious.test(text)) return text;
  return rules.reduce((clean, [pattern, instead]) => clean.replace(pattern, instead), text);
}

/** The same fields, fit to be written down: objects, lists and errors as well, with their causes. */
export function redacted(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return redactedFields(fields, new Set());
}

/** More levels than this are no information, and would be a stack of their own. */
const deepest = 50;

function redactedFields(fields: object, above: ReadonlySet<unknown>): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields))
    clean[name] = isHidden(name) && saysSomething(value) ? hidden : redactedValue(value, above);
  return clean;
}

function redactedValue(value: unknown, above: ReadonlySet<unknown>): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (above.has(value) || above.size >= deepest) return '…';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  // Octets are keys, or somebody's mail.
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `${value.byteLength} octets`;
  const within = new Set(above).add(value);
  if (Array.isArray(value)) return value.map((each) => redactedValue(each, within));
  if (value instanceof Map || value instanceof Set) return [...value].map((each) => redactedValue(each, within));
  if (value instanceof URL) return withoutSecrets(value.href);
  return value instanceof Error ? redactedError(value, within) : redactedFields(value, within);
}

/** What an error says and what it bears; its own fields first, so that none of them takes the place of its words. */
function redactedError(error: Error, within: ReadonlySet<unknown>): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  return {
    ...redactedFields(error, within),
    name,
    message: withoutSecrets(message),
    ...(stack === undefined ? {} : { stack: withoutSecrets(stack) }),
    ...(cause === undefined ? {} : { cause: redactedValue(cause, within) }),
    ...(error instanceof AggregateError ? { errors: redactedValue(error.errors, within) } : {}),
  };
}

/** That there is none, or whether there is one, is no secret. */
function saysSomething(value: unknown): boolean {
  return value !== null && value !== undefined && typeof value !== 'boolean' && value !== '';
}

function isHidden(name: string): boolean {
  const known = judgedNames.get(name);
  if (known !== undefined) return known;
  const spoken = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[^A-Za-z\d]+/g, ' ')
    .toLowerCase();
  const judged = wordsInName.test(spoken.replace(/\baccess(?=token|key)|\bapi(?=key)|\bclient(?=secret)/g, '$& '));
  if (judgedNames.size >= nameMax) judgedNames.clear();
  judgedNames.set(name, judged);
  return judged;
}
