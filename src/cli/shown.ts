/** How numbers and the words of others look on a terminal. Nothing that a server sent may move the cursor or hide itself. */

/** Text with everything that is not visible made visible, cut to `longest` characters: safe on any terminal. */
export function shown(text: string, longest = 200): string {
  // C0, C1 and DEL; line separators; and the marks that turn the direction of writing round (CVE-2021-42574).
  const clean = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu, '\ufffd');
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean;
}

/**
 * All that is written for people, once more, with its lines left as they are: what was written down as it came, such as a name that a
 * server told, moves no cursor and turns no line round either. A carriage return belongs to the end of a line, or is shown.
 */
export function harmless(text: string): string {
  return text.replace(/\r(?!\n)|[^\P{Cc}\r\n\t]|[\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** `1,234,567`. */
export function count(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 message`, `2 messages`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Octets with three digits: `204 MB`, `1.53 GB` (powers of 1000). */
export function bytes(n: number): string {
  let value = n;
  let unit = 'B';
  for (const larger of ['kB', 'MB', 'GB', 'TB']) {
    if (value < 999.5) break;
    value /= 1000;
    unit = larger;
  }
  if (unit === 'B') return `${Math.round(value)} B`;
  return `${value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
}

/** `0.8 s`, `42 s`, `3:07 min`, `2:05:09 h`. */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)} min`;
  return `${count(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)} h`;
}

/** How many columns a text takes on a terminal: wide East Asian characters and emoji two, combining marks none. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    if (point < 0x300) columns += 1;
    else if (!/\p{M}/u.test(character)) columns += isWide(point) ? 2 : 1;
  }
  return columns;
}

/** `text` cut to `columns` with an ellipsis in its middle, so that both ends of a URL or path can be told. */
export function fit(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  if (columns <= 1) return '…'.slice(0, columns);
  const characters = [...text];
  let head = '';
  let tail = '';
  for (let i = 0, j = characters.length - 1; i <= j; ) {
    const next = head.length <= tail.length ? `${head}${characters[i]}` : head;
    const last = head.length <= tail.length ? tail : `${characters[j]}${tail}`;
    if (width(next) + width(last) > columns - 1) break;
    if (head.length <= tail.length) i++;
    else j--;
    [head, tail] = [next, last];
  }
  return `${head}…${tail}`;
}

/** Rows with columns lined up; those in `right` to the right. Lines carry no blanks at their ends. */
export function table(rows: readonly (readonly string[])[], right: ReadonlySet<number>): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, width(cell))));
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const blanks = ' '.repeat((widths[i] as number) - width(cell));
        return right.has(i) ? blanks + cell : cell + blanks;
      })
      .join('  ')
      .trimEnd(),
  );
}

function isWide(point: number): boolean {
  return (
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0x1f300 && point <= 0x1faff) ||
    (point >= 0x20000 && point <= 0x3fffd)
  );
}
