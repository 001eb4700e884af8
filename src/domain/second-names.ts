/**
 * Where a folder goes when the target does not take its name, or makes one folder of it and another: under a plainer name,
 * and with a number behind it. Copying tries these names in this order, and comparing looks for it under them.
 */

type Path = readonly string[];

/** Nine folders that a server takes for one are as many as anybody has. */
const numberMax = 9;

/** `path` with a number behind its last name, from 2 on. */
export function numberedPaths(path: Path): readonly Path[] {
  return Array.from({ length: numberMax - 1 }, (_, i) => numbered(path, i + 2));
}

/** `path` with ` (number)` behind its last name. */
export function numbered(path: Path, number: number): Path {
  return [...path.slice(0, -1), `${path.at(-1)} (${number})`];
}

/**
 * `path` for a server that refuses some character of it: our own escapes and everything that servers are known to refuse
 * in names as `_`. Null where that changes nothing.
 */
export function plainPath(path: Path): Path | null {
  const plain = path.map((name) => name.replace(refusedSomewhere, '_'));
  return plain.some((name, i) => name !== path[i]) ? plain : null;
}

/**
 * Cyrus 3.6.1 takes none of ``!"%;<>\^`{|}`` (2026-11, Debian 12), so that the escapes of `folder-map.ts` have no home there,
 * Dovecot 2.3.19 no `~` in front; the others are wildcards, separators, or no characters for a file on some system.
 */
// oxlint-disable-next-line no-control-regex -- control characters are among those refused
const refusedSomewhere = /%[0-9A-F]{2}|[\u0000-\u001f\u007f!"%*/:;<>?\\^`{|}]|^~/g;

/**
 * What is left of a path that a server may have gone over: other case, other normal form, no blanks at the ends of names and
 * no empty names. Two paths of one likeness may be one folder there.
 */
export function likenessOf(path: Path): string {
  return path
    .map((name) => name.normalize('NFC').toLowerCase().trim())
    .filter((name) => name !== '')
    .join('\0');
}
