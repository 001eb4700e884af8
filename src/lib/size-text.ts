/** Octets for people, with two digits where that tells more: `640 octets`, `1.5 kB`, `26 MB` (powers of 1000). */

const units = ['octets', 'kB', 'MB', 'GB', 'TB'];

export function sizeText(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
