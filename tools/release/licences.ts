/** Under which terms what we ship may be passed on: a list for people, and a stop where one is not among those that were looked at. */

import type { ShippedPackage } from '../shipped-packages.ts';

/** SPDX identifiers that ask for no more than to be named, which the copyright files of our packages do. */
const allowed: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PostgreSQL',
  // Asks that changes to its own files are published; we change none.
  'MPL-2.0',
]);

/**
 * Whether an SPDX expression (ISO/IEC 5962, annex D) can be kept: of `OR` one side, of `AND` both. What is not read, such as
 * `SEE LICENSE IN …` or an exception (`WITH`), is not allowed: somebody has to look.
 */
export function isAllowed(expression: string): boolean {
  const words = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const either = (): boolean => {
    let good = both();
    while (words[at] === 'OR') {
      at++;
      good = both() || good;
    }
    return good;
  };
  const both = (): boolean => {
    let good = one();
    while (words[at] === 'AND') {
      at++;
      good = one() && good;
    }
    return good;
  };
  const one = (): boolean => {
    const word = words[at++];
    if (word !== '(') return word !== undefined && allowed.has(word);
    const good = either();
    return words[at++] === ')' && good;
  };
  return either() && at === words.length;
}

/** Those that somebody has to look at before they are shipped. */
export function unknownLicences(packages: readonly ShippedPackage[]): readonly ShippedPackage[] {
  return packages.filter(({ licence }) => licence === null || !isAllowed(licence));
}

/** A line for each package: its name, version and terms, tabs between them. */
export function licenceList(packages: readonly ShippedPackage[]): string {
  return packages.map(({ name, version, licence }) => `${name}\t${version}\t${licence ?? 'unknown'}\n`).join('');
}
