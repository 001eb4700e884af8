/**
 * CSV (RFC 4180) that is read by people with a spreadsheet: nothing that somebody else wrote may be run there as a formula
 * (CWE-1236), break its line, or be read as more cells than one.
 */

/** What makes a spreadsheet compute a cell: these at its beginning, also in their wide forms. */
const formula = /^[\s\ufffd'"]*[=+\-@|%\uff0b\uff0d\uff1d\uff20]/u;
/** C0, C1 and DEL, and the separators of lines and paragraphs. */
const invisible = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/** One line with its end. Numbers are ours and stand as they are; null is an empty cell. */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** One cell, for whoever joins them: of a million lines with the same few words in them each word is looked at once. */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const visible = value.replace(invisible, '\ufffd');
  // The apostrophe says that what follows is text; spreadsheets do not show it.
  const text = formula.test(visible) ? `'${visible}` : visible;
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
