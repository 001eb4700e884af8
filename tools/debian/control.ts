/** What dpkg wants to know of a package: `DEBIAN/control`, sums of all files, which of them are settings, and the scripts. */

import { createHash } from 'node:crypto';
import { chmod, copyFile, lstat, lutimes, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { root } from '../project.ts';
import { maintainer } from './maintainer.ts';

export interface Described {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** Paragraphs of lines, none longer than 80 octets. */
  readonly description: readonly string[];
  readonly section: string;
  /** `Depends`, `Recommends`, `Suggests` … as they are written. */
  readonly relations: Readonly<Record<string, string>>;
  /** Of `deploy/debian`. */
  readonly scripts: readonly string[];
}

const architectures: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: 'amd64', arm64: 'arm64' };

/** The word of Debian for this kind of machine. */
export function architecture(): string {
  const word = architectures[process.arch];
  if (word === undefined) throw new Error(`there is no Node for ${process.arch} to be packaged`);
  return word;
}

/** Writes `DEBIAN/` into a tree that is whole, and gives everything in it one time and the usual modes. */
export async function describe(tree: string, described: Described, date: Date): Promise<void> {
  const files = await filesOf(tree);
  const folder = join(tree, 'DEBIAN');
  await mkdir(folder);
  const octets = (await Promise.all(files.map(async (file) => (await lstat(file)).size))).reduce(
    (sum, n) => sum + n,
    0,
  );
  await writeFile(join(folder, 'control'), controlText(described, Math.ceil(octets / 1024)));
  await writeFile(join(folder, 'md5sums'), await sums(tree, files));
  const settings = files.map((file) => `/${relative(tree, file)}`).filter((file) => file.startsWith('/etc/'));
  if (settings.length > 0) await writeFile(join(folder, 'conffiles'), `${settings.join('\n')}\n`);
  for (const script of described.scripts) {
    await copyFile(join(root, 'deploy/debian', script), join(folder, script));
    await chmod(join(folder, script), 0o755);
  }
  await settle(tree, date);
}

function controlText(described: Described, kilobytes: number): string {
  const paragraphs = described.description.map((paragraph) => ` ${paragraph.replaceAll('\n', '\n ')}`);
  return [
    `Package: ${described.name}`,
    `Version: ${described.version}`,
    `Section: ${described.section}`,
    'Priority: optional',
    `Architecture: ${architecture()}`,
    `Maintainer: ${maintainer()}`,
    `Installed-Size: ${kilobytes}`,
    ...Object.entries(described.relations).map(([name, value]) => `${name}: ${value}`),
    `Description: ${described.summary}`,
    paragraphs.join('\n .\n'),
    '',
  ].join('\n');
}

/** MD5 against accidents, as dpkg --verify and debsums read them; no links, and in the order of their names. */
async function sums(tree: string, files: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const file of files) {
    if ((await lstat(file)).isSymbolicLink()) continue;
    const digest = createHash('md5')
      .update(await readFile(file))
      .digest('hex');
    lines.push(`${digest}  ${relative(tree, file)}\n`);
  }
  return lines.join('');
}

/** One time for everything, 755 for folders and what was executable, 644 for the rest: the same tree is the same package. */
async function settle(folder: string, date: Date): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await settle(path, date);
    else if (entry.isFile()) await chmod(path, (await lstat(path)).mode & 0o100 ? 0o755 : 0o644);
    if (!entry.isDirectory()) await lutimes(path, date, date);
  }
  await chmod(folder, 0o755);
  await lutimes(folder, date, date);
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
