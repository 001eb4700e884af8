/** What APPEND and MULTIAPPEND say in front of a message's octets (RFC 9051 §6.3.12, RFC 3502). */

import { CommandWriter, flagList, type LiteralManner, literalHead } from './writer.ts';

export interface AppendWords {
  readonly flags: readonly string[];
  /** `date-time` without its quotes; null to let the server take the present. */
  readonly date: string | null;
  readonly octets: number;
}

/** How a command begins, without its tag; messages follow (`messageHead`). */
export function commandHead(mailbox: string, manner: LiteralManner, isUtf8: boolean): string {
  // A name with octets above 127 goes in quotes where a literal would have to wait: a server that shows such names takes them.
  return new CommandWriter('plus', isUtf8 || manner === 'wait').raw('APPEND ').mailbox(mailbox).parts.join('');
}

/** One message, up to its octets. */
export function messageHead({ flags, date, octets }: AppendWords, manner: LiteralManner): string {
  return `${flagsText(flags)}${date === null ? '' : ` "${date}"`} ${literalHead(manner, octets)}`;
}

/** Neighbouring messages mostly share one array of flags: it is checked and written once. */
let lastFlags: readonly string[] = [];
let lastText = '';

function flagsText(flags: readonly string[]): string {
  if (flags === lastFlags) return lastText;
  const text = flags.length === 0 ? '' : ` ${flagList(flags)}`;
  lastFlags = flags;
  lastText = text;
  return text;
}
