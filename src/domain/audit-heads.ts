/** Heads of an audit log as they are kept elsewhere: a line of JSON for each, the oldest first, in a file that only grows. */

import type { AuditHead } from './audit-finding.ts';

/** Longer than any line of ours by far. */
const lineMax = 2_000;

/** One line, with the moment at which it was written down; without a line break. */
export function headLine(head: AuditHead, at: Date): string {
  return JSON.stringify({ godwit: 'audit-head', at: at.toISOString(), ...head });
}

/** A head out of whatever was parsed; null where it is none. */
export function headIn(value: unknown): AuditHead | null {
  const { seq, hash, beginning } = (value ?? {}) as Partial<Record<keyof AuditHead, unknown>>;
  const isHash = (text: unknown): text is string => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1 || !isHash(hash) || !isHash(beginning))
    return null;
  return { seq, hash, beginning };
}

/** The heads of a file, each with its line; or the first line that is none. */
export function readHeads(
  text: string,
): { readonly heads: readonly (AuditHead & { readonly line: number })[] } | { readonly flawAt: number } {
  const heads: (AuditHead & { readonly line: number })[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const head = line.length > lineMax ? null : headIn(parsed(line));
    if (head === null) return { flawAt: i + 1 };
    heads.push({ ...head, line: i + 1 });
  }
  return { heads };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
