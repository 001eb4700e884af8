/** Reads header fields as a source tells them, for people and for dates; nothing is sent or proven by them. */

/** The first header field of that name, unfolded (RFC 5322 §2.2.3) and trimmed, or null. */
export function headerField(header: string, name: string): string | null {
  const unfolded = header.replace(/\r?\n(?=[ \t])/g, '');
  const found = new RegExp(`^${name}[ \\t]*:(.*)$`, 'im').exec(unfolded);
  return found ? (found[1] as string).trim() : null;
}
