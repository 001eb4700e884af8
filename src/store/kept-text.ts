/**
 * Text that others wrote, as PostgreSQL can keep it: it takes no NUL and no half of a surrogate pair, which the names and
 * headers of a strange server may hold. They are written as SUBSTITUTE and four hexadecimal digits, as are tabs, line feeds
 * and that sign itself, so that a text is a field of a line and is read back as it was.
 */

const strange = /[\0\t\n\u001a\p{Cs}]/gu;
const written = /\u001a([0-9a-f]{4})/g;

/** As it is kept. */
export function keptText(text: string): string {
  return text.replace(strange, (each) => `\u001a${each.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As it was. */
export function textKept(kept: string): string {
  return kept.includes('\u001a')
    ? kept.replace(written, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : kept;
}
