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
  return `${cells.map(cellOf).join(',')}\r\n`;
}

function cellOf(value: string | number | null): string {
  return typeof value === 'string' ? csvCell(value) : String(value ?? '');
}

/** A text as one cell. */
export function csvCell(text: string): string {
  const visible = text.replace(invisible, '\ufffd');
  // The apostrophe says that what follows is text; spreadsheets do not show it.
  const shown = formula.test(visible) ? `'${visible}` : visible;
  return /[",]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}

/** What was written as that cell, once a reader of CSV has taken its quotes away: whatever is visible comes back as it was. */
export function textOfCell(cell: string): string {
  return cell.startsWith("'") && formula.test(cell.slice(1)) ? cell.slice(1) : cell;
}
