/** `/usr/share/doc/…/copyright`: under which terms each part of a package may be used, with the texts that came with it (DEP-5). */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isNode, type ShippedPackage } from '../shipped-packages.ts';

const licenceFile = /^(?:licen[cs]e|copying|notice)/i;

/** The names of the files in which a package tells its terms. */
export function licenceFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => licenceFile.test(name))
    .toSorted();
}

/** The whole file, for the packages that one package of Debian holds. */
export function copyrightText(home: string, packages: readonly ShippedPackage[]): string {
  return [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    'Upstream-Name: godwit',
    '',
    'Files: *',
    'Copyright: the authors of Godwit',
    'License: Apache-2.0',
    ' On Debian systems the text of the Apache License 2.0 is in',
    ' /usr/share/common-licenses/Apache-2.0.',
    '',
    ...packages.flatMap((each) => paragraph(home, each)),
  ].join('\n');
}

function paragraph(home: string, shipped: ShippedPackage): readonly string[] {
  const { name, version, path, licence } = shipped;
  const folder = join(home, path);
  const texts = licenceFiles(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .map((text) => (isApache(text) ? 'On Debian systems it is in /usr/share/common-licenses/Apache-2.0.' : text));
  return [
    `Files: usr/lib/godwit/${isNode(shipped) ? 'bin/node' : `${path}/*`}`,
    `Copyright: ${holders(texts) ?? authorOf(folder) ?? `the authors of ${name}`}`,
    `License: ${licence ?? 'unknown'}`,
    ` ${name} ${version}`,
    ...texts.flatMap((text) => [' .', ...text.trimEnd().split('\n').map(continued)]),
    '',
  ];
}

/** A text of two hundred lines that every Debian has. */
function isApache(text: string): boolean {
  return /^\s*Apache License\s+Version 2\.0, January 2004/.test(text);
}

/** The first line that claims a right. */
function holders(texts: readonly string[]): string | null {
  return /^\W*copyright\s+(?:\(c\)|©)?\s*([^\r\n]*\w[^\r\n]*)/im.exec(texts.join('\n'))?.[1]?.trim() ?? null;
}

function authorOf(folder: string): string | null {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return null;
  const { author } = JSON.parse(readFileSync(file, 'utf8')) as { author?: string | { name?: string } };
  return (typeof author === 'string' ? author : author?.name) ?? null;
}

/** A line of a field that goes on, where an empty one is a dot (Debian policy §5.6.13). */
function continued(line: string): string {
  const text = line.replaceAll('\r', '').trimEnd();
  return text === '' ? ' .' : ` ${text}`;
}
