/**
 * Writes one command. Strict where the reader is tolerant: no CR, LF or NUL ever leaves a string, and whatever quotes
 * cannot hold travels as a literal (RFC 9051 §4.3), without waiting where the server allows that (RFC 7888).
 */

/**
 * How literals go: `plus` never waits (LITERAL+), `minus` waits only above 4,096 octets (LITERAL-, RFC 7888 §5), `wait` always
 * waits for the server's `+`.
 */
export type LiteralManner = 'plus' | 'minus' | 'wait';

/** RFC 7888 §5. */
const literalMinusOctets = 4_096;
/** Longer strings go as literals: some servers bound the length of a line. */
const quotedOctets = 900;

/** Whether a literal of that size is sent only after the server's `+`. */
export function waitsForLiteral(manner: LiteralManner, octets: number): boolean {
  return manner === 'wait' || (manner === 'minus' && octets > literalMinusOctets);
}

/** How a literal of that size is announced, its line end included. */
export function literalHead(manner: LiteralManner, octets: number): string {
  return waitsForLiteral(manner, octets) ? `{${octets}}\r\n` : `{${octets}+}\r\n`;
}

export class CommandWriter {
  readonly #manner: LiteralManner;
  readonly #quotes8Bit: boolean;
  /** Latin1; after every part but the last the server's `+` is waited for. */
  readonly parts: string[] = [''];

  /** `quotes8Bit`: octets above 127 may stand in quotes, as they may once UTF8=ACCEPT is on (RFC 6855 §3). */
  constructor(manner: LiteralManner, quotes8Bit: boolean) {
    this.#manner = manner;
    this.#quotes8Bit = quotes8Bit;
  }

  /** Text that is ours, such as a verb or a set of UIDs. Refuses what could end the line. */
  raw(text: string): this {
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    if (/[\0\r\n]|[^\0-\xff]/.test(text)) throw new RangeError('a line end in the text of a command');
    this.#add(text);
    return this;
  }

  /** `string` (RFC 9051 §9) of octets given as latin1: quoted where quotes can hold it, else a literal. */
  string(octets: string): this {
    if (
      octets.length <= quotedOctets &&
      (this.#quotes8Bit ? /^[\x20-\x7e\x80-\xff]*$/ : /^[\x20-\x7e]*$/).test(octets)
    ) {
      this.#add(`"${octets.replace(/["\\]/g, '\\$&')}"`);
      return this;
    }
    return this.literal(octets);
  }

  /** `literal` of octets given as latin1. RFC 9051 §9 `CHAR8` excludes NUL. */
  literal(octets: string): this {
    if (/[^\x01-\xff]/.test(octets)) throw new RangeError('a NUL or a character beyond an octet in a string');
    const waits = waitsForLiteral(this.#manner, octets.length);
    this.#add(literalHead(this.#manner, octets.length));
    if (waits) this.parts.push('');
    this.#add(octets);
    return this;
  }

  /** `mailbox` (RFC 9051 §9): always a string, since quotes harm no server and an atom cannot hold every name. */
  mailbox(octets: string): this {
    return this.string(octets);
  }

  /** `flag-list`; every flag must be a `flag` (RFC 9051 §9). */
  flags(flags: readonly string[]): this {
    return this.raw(flagList(flags));
  }

  #add(text: string): void {
    this.parts[this.parts.length - 1] += text;
  }
}

/** Whether it can be written as a flag at all: an atom, with a backslash before it for a system flag. */
export function isFlag(flag: string): boolean {
  // `]` is allowed: Gmail serves such keywords and Cyrus takes them.
  return /^\\?[!#$&'+,\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+$/.test(flag);
}

/** `(\Seen $Forwarded)`. Throws for what is no flag, since it could say anything. */
export function flagList(flags: readonly string[]): string {
  for (const flag of flags) if (!isFlag(flag)) throw new RangeError('a flag that cannot be written');
  return `(${flags.join(' ')})`;
}
