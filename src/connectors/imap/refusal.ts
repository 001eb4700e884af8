/**
 * What a server means when it refuses: its code (RFC 5530, RFC 9051 §7.1) where it gives one, else its words as they
 * have been met in the field. Whoever classifies here decides whether a message is sent again, so the rule is: only
 * what proves that nothing was stored is a refusal. `[UNAVAILABLE]`, `[SERVERBUG]`, a timeout and vague words are
 * `unknown`, since such messages have been found stored.
 */

import type { RefusalCause } from '#ports/mailbox.ts';

export type SignInRefusal = 'refused' | 'unavailable' | 'throttled' | 'too-many-connections';

/** Words are looked at no further than this; what counts is said at the beginning. */
const longestText = 1_000;
/** A server that wants us to stay away for longer is asked again after this, in case it has changed its mind. */
export const longestBackoffMs = 3_600_000;

/**
 * Why an APPEND was refused, or `unknown` when it may have been stored all the same.
 *
 * @param code the name of the response code, without brackets, in any case; null when there was none
 * @param text the words after the code, as the server wrote them
 */
export function classifyAppendRefusal(
  status: 'NO' | 'BAD',
  code: string | null,
  text: string,
): RefusalCause | 'unknown' {
  const words = text.slice(0, longestText);
  // Gmail says [OVERQUOTA] for a day's bandwidth and Yahoo [LIMIT] for a rate, so words about pace come before any
  // code.
  if (slowDown.test(words) || tooManyConnections.test(words)) return 'later';
  const name = code?.toUpperCase() ?? '';
  const byCode = appendCodes.get(name);
  if (byCode === 'words') return causeByWords(words) ?? 'unclear';
  if (byCode) return byCode;
  if (vague.test(words)) return 'unknown';
  const byWords = causeByWords(words);
  if (byWords) return byWords;
  // BAD says that the command was not understood (RFC 9051 §7.1.3), so it was not carried out. Exchange
  // answers it for a bad item, too ("BAD Command Argument Error. 11").
  return status === 'BAD' && !doubtful.has(name) ? 'unclear' : 'unknown';
}

/** Why a sign-in was refused. Unknown words count as a refusal: to hammer would lock the account out. */
export function classifySignIn(_status: 'NO' | 'BAD', code: string | null, text: string): SignInRefusal {
  const words = text.slice(0, longestText);
  if (tooManyConnections.test(words)) return 'too-many-connections';
  if (slowDown.test(words) || backoffOf(words) !== null) return 'throttled';
  const name = code?.toUpperCase() ?? '';
  const byCode = signInCodes.get(name);
  if (byCode) return byCode;
  return temporary.test(words) || vague.test(words) ? 'unavailable' : 'refused';
}

/**
 * How long the server asks us to wait, in milliseconds, or null when it names no time. Exchange Online: "Request is
 * throttled. Suggested Backoff Time: 299961 milliseconds". At most `longestBackoffMs`.
 */
export function backoffOf(text: string): number | null {
  for (const { words, bare } of waits) {
    const match = words.exec(text.slice(0, longestText));
    if (!match) continue;
    const milliseconds = Number(match[1]) * unitMs(match[2] ?? bare);
    return Math.min(Math.max(0, Math.round(milliseconds)), longestBackoffMs);
  }
  return null;
}

/** `words`: a sure refusal, of which only the words can say why. A code that is not here proves nothing. */
const appendCodes: ReadonlyMap<string, RefusalCause | 'words'> = new Map(
  Object.entries({
    OVERQUOTA: 'quota',
    TOOBIG: 'too-big',
    TRYCREATE: 'folder',
    NONEXISTENT: 'folder',
    NOPERM: 'read-only',
    'READ-ONLY': 'read-only',
    AUTHORIZATIONFAILED: 'read-only',
    THROTTLED: 'later',
    INUSE: 'later',
    'UNKNOWN-CTE': 'message',
    // Dovecot 2.3 answers [CANNOT] for a flag it does not like, a name it does not like and a zero byte message alike.
    CANNOT: 'words',
    CLIENTBUG: 'words',
    PARSE: 'words',
    // RFC 5530 §3 has it for flags, Cyrus for copies of one message, RFC 9738 for the size of a batch.
    LIMIT: 'words',
    MESSAGELIMIT: 'words',
  } satisfies Record<string, RefusalCause | 'words'>),
);

/** Codes that speak of the server's own trouble: even after BAD the message may be there. */
const doubtful: ReadonlySet<string> = new Set(['UNAVAILABLE', 'SERVERBUG', 'CORRUPTION', 'CONTACTADMIN']);

const signInCodes: ReadonlyMap<string, SignInRefusal> = new Map(
  Object.entries({
    AUTHENTICATIONFAILED: 'refused',
    AUTHORIZATIONFAILED: 'refused',
    EXPIRED: 'refused',
    PRIVACYREQUIRED: 'refused',
    CONTACTADMIN: 'refused',
    NOPERM: 'refused',
    WEBALERT: 'refused',
    UNAVAILABLE: 'unavailable',
    SERVERBUG: 'unavailable',
    INUSE: 'unavailable',
    THROTTLED: 'throttled',
    // At sign-in it has been met for sessions alone (Dovecot's mail_max_userip_connections).
    LIMIT: 'too-many-connections',
  } satisfies Record<string, SignInRefusal>),
);

/** Exchange ("Request is throttled"), Gmail ("exceeded command or bandwidth limits"), Yahoo ("Rate limit hit"). */
const slowDown = anyOf(
  /throttl|suggested backoff|rate.?limit|slow down|sending too (?:fast|quickly)/,
  /(?:command|bandwidth) (?:or bandwidth )?limit/,
  /too many (?:requests|commands|logins?|login attempts|failed|authentication|invalid)/,
);
/** Gmail ("Too many simultaneous connections"), Dovecot ("Maximum number of connections from user+IP exceeded"). */
const tooManyConnections = anyOf(
  /too many (?:simultaneous |concurrent |open |active )?(?:imap )?(?:connections|sessions)/,
  /(?:maximum|max\.?) (?:number of )?(?:concurrent )?(?:connections|sessions)/,
  /(?:connection|session) limit/,
);
/** The server's own trouble, from which nothing follows for the message. */
const vague = anyOf(
  /time[d -]?out|unavailable|unexpected|not connected/,
  /internal (?:server )?(?:error|failure|problem)|server (?:error|bug|failure)|system (?:error|failure|i\/o)|i\/o error/,
  /connection (?:lost|closed|reset)/,
);
const temporary = /tempor|try (?:again|later)|retry|later|busy|not (?:currently|responding)|maintenance|over ?load/i;

/** In the order in which they are looked for: the more telling words come first. */
const causes: readonly (readonly [cause: RefusalCause, words: RegExp])[] = [
  // Cyrus: "Too many user flags in mailbox". Dovecot: "Invalid system flag \Forwarded", "Keyword length too long".
  ['flags', /\b(?:flags?|keywords?)\b/i],
  // Dovecot: "Invalid internal date." Cyrus: "Invalid date-time in Append command".
  ['date', /invalid (?:internal.?)?date|\bdate-?time\b|bad date/i],
  // GroupWise: "The 1500 MB storage limit has been exceeded". Courier: "You exceeded your mail quota." A full disk is
  // no different for the mailbox.
  [
    'quota',
    anyOf(
      /quota|storage (?:limit|space|allocation)|mailbox (?:is )?full|mailbox size/,
      /no space left|disk (?:is )?full|(?:insufficient|not enough|out of) (?:disk |storage )?(?:space|storage|room)/,
    ),
  ],
  [
    'too-big',
    anyOf(
      /(?:message|literal|append|mail|item)[^.]{0,40}(?:too (?:large|big|long)|exceeds?|larger than)/,
      /(?:maximum|max\.?|fixed|size) (?:allowed )?(?:message )?(?:size|limit) exceeded/,
      /exceeds? (?:the )?(?:fixed |maximum |max\.? )?(?:allowed )?(?:message |literal )size/,
    ),
  ],
  [
    'folder',
    anyOf(
      /(?:mailbox|folder)[^.]{0,60}(?:does ?n[o']t exist|not (?:exist|found)|unknown|non-?existent)/,
      /(?:no such|unknown|non-?existent) (?:mailbox|folder)|\btrycreate\b/,
    ),
  ],
  [
    'read-only',
    anyOf(
      /read.?only|permission denied|access (?:is )?denied|not (?:permitted|allowed|authori[sz]ed)/,
      /no (?:permission|rights?)|insufficient (?:rights|privileges)/,
    ),
  ],
  // Cyrus: "Message contains NUL characters", "… bare newlines", "… invalid header", "Zero-length message literal".
  // Dovecot: "Can't save a zero byte message".
  [
    'message',
    anyOf(
      /message contains|message has no|zero.?(?:byte|length)|bare (?:newline|lf|cr|linefeed)|nul characters?/,
      /invalid (?:header|message|mime|content)|malformed|too many (?:header|mime|part)|line (?:is )?too long/,
      /virus|malware|blocked (?:attachment|content)|rejected by (?:policy|filter)/,
      /duplicate message|too many (?:identical )?copies/,
    ),
  ],
];

function causeByWords(text: string): RefusalCause | null {
  for (const [cause, words] of causes) if (words.test(text)) return cause;
  return null;
}

const units = { milliseconds: 1, seconds: 1_000, minutes: 60_000, hours: 3_600_000 } as const;
type Unit = keyof typeof units;
const unit = String.raw`(milliseconds?|ms|seconds?|sec|s|minutes?|min|hours?)`;

/** A bare number is milliseconds where Exchange was cut short, and seconds in a Retry-After (RFC 9110 §10.2.3). */
const waits: readonly { readonly words: RegExp; readonly bare: Unit }[] = [
  { words: waiting(String.raw`suggested backoff time:?\s{0,4}(\d{1,12})\s{0,4}${unit}?`), bare: 'milliseconds' },
  { words: waiting(String.raw`retry.{0,2}after:?\s{0,4}(\d{1,9})\s{0,4}${unit}?\b`), bare: 'seconds' },
  {
    words: waiting(String.raw`(?:try|retry|log ?in|connect)(?: \w{1,12}){0,3} (?:in|after) (\d{1,9})\s{0,4}${unit}\b`),
    bare: 'seconds',
  },
  { words: waiting(String.raw`wait(?: \w{1,12}){0,3} (\d{1,9})\s{0,4}${unit}\b`), bare: 'seconds' },
];

function waiting(pattern: string): RegExp {
  return new RegExp(pattern, 'i');
}

function unitMs(spelt: string): number {
  const word = spelt.toLowerCase();
  if (word.startsWith('ms') || word.startsWith('milli')) return units.milliseconds;
  if (word.startsWith('h')) return units.hours;
  return word.startsWith('m') ? units.minutes : units.seconds;
}

/** One case-insensitive pattern for several. */
function anyOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map((pattern) => pattern.source).join('|'), 'i');
}
