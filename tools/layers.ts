/**
 * Which folder of `src/` calls on which, read from the imports, and whether any arrow flies backwards.
 *
 *     node tools/layers.ts             names every import that breaks a rule; exit 1 if there is one
 *     node tools/layers.ts --picture   prints the map as it stands
 *
 * Tests may call on anyone: a test of an engine plays it against the memory platform. The rules are ARCHITECTURE.md's,
 * "Which way the arrows point".
 */

import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { isMain, root } from './project.ts';

/** Whom the files of a folder may call on, besides their own folder and `lib/`. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  domain: [],
  protocols: [],
  ports: ['domain'],
  connectors: ['protocols', 'ports', 'domain'],
  store: ['ports', 'domain'],
  postgres: ['domain'],
  'ledger-file': ['ports', 'domain'],
  sync: ['ports', 'domain'],
  // Independent of sync/ on purpose: what checks the copy shares no code with what made it.
  verify: ['ports', 'domain'],
  cutover: ['ports', 'domain'],
  // Pure like domain/, and larger: who moves when, and what comes of it.
  planning: ['domain'],
  planner: ['planning', 'domain'],
  rehearsal: ['planning', 'domain'],
  operations: ['sync', 'verify', 'cutover', 'planning', 'planner', 'rehearsal', 'ports', 'domain'],
  cli: ['operations', 'planning', 'rehearsal', 'domain', 'protocols'],
  api: ['operations', 'planning', 'rehearsal', 'ports', 'domain', 'protocols'],
  worker: ['operations', 'ports', 'domain'],
  // What mail systems ask: where somebody lives now.
  doors: ['ports', 'domain', 'protocols'],
  console: ['api'],
  app: ['*'],
  // Outside src/: they may look at all of it, and of src/ only app/ knows them (`godwit demo` shows the labs' servers).
  labs: ['*'],
  bench: ['*'],
  tools: ['*'],
};

/** A protocol is fit to be a library and a connector stands for one platform: neither knows its siblings. */
const keptApart = new Set(['protocols', 'connectors']);

/** Values in, values out: the same whatever the hour. */
const pure: ReadonlySet<string> = new Set(['domain', 'planning', 'planner', 'rehearsal']);

/** What a pure decision may take from Node: no files, sockets, clocks or chance. */
const pureBuiltins: ReadonlySet<string> = new Set(
  ['assert', 'assert/strict', 'buffer', 'crypto', 'url', 'util'].map((name) => `node:${name}`),
);
/** Of `node:net`, which otherwise opens sockets, the functions that only look at a text. */
const pureNet = /^\s*import \{(?:\s*isIP(?:v4|v6)?\s*,?)+\s*\}/;

export interface SourceFile {
  /** From the project's root, e.g. `src/domain/item.ts`. */
  readonly path: string;
  readonly text: string;
}

export interface Arrow {
  readonly from: string;
  readonly line: number;
  /** A file of ours from the root, or the name of a package or of a module of Node. */
  readonly to: string;
  readonly written: string;
  /** The whole statement. */
  readonly statement: string;
}

/** A rule broken: where, and which. */
export interface Complaint {
  readonly at: string;
  readonly says: string;
}

/** Every import, export-from, dynamic and type import of a file, in order. */
export function arrowsOf(file: SourceFile): readonly Arrow[] {
  const arrows: Arrow[] = [];
  const statement = /^[ \t]*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"\n]+)['"]/gm;
  const inline = /^(?![ \t]*(?:\*|\/\/|\/\*)).*?\bimport\(\s*['"]([^'"\n]+)['"]/gm;
  for (const pattern of [statement, inline]) {
    for (const match of file.text.matchAll(pattern)) {
      const written = match[1] as string;
      const line = file.text.slice(0, match.index + match[0].length).split('\n').length;
      arrows.push({ from: file.path, line, to: resolved(file.path, written), written, statement: match[0] });
    }
  }
  return arrows.toSorted((a, b) => a.line - b.line);
}

/** The rules that the arrows of one file break. `runtime` are the packages that a release brings. */
export function complaintsOf(file: SourceFile, runtime: ReadonlySet<string>): readonly Complaint[] {
  const complaints: Complaint[] = [];
  const from = folderOf(file.path);
  const test = isTest(file.path);
  for (const arrow of arrowsOf(file)) {
    const complain = (says: string) => complaints.push({ at: `${arrow.from}:${arrow.line}`, says });
    if (!isOurs(arrow.to)) {
      if (pure.has(from) && !test && !isPure(arrow)) {
        complain(`${from}/ decides without the outside, and imports ${arrow.to}`);
      }
      if (file.path.startsWith('src/') && !test && !arrow.to.startsWith('node:') && !runtime.has(packageOf(arrow.to))) {
        complain(`${packageOf(arrow.to)} is not among the dependencies of package.json`);
      }
      continue;
    }
    const to = folderOf(arrow.to);
    if (from === to) {
      const [mine, theirs] = [siblingOf(arrow.from), siblingOf(arrow.to)];
      if (!test && keptApart.has(from) && mine !== null && theirs !== null && mine !== theirs) {
        complain(`${from}/${mine} must not know ${from}/${theirs}`);
      }
      continue;
    }
    if (arrow.written.startsWith('.') && arrow.to.startsWith('src/') && arrow.from.startsWith('src/')) {
      complain(`across folders we write '#${arrow.to.slice(4)}', not '${arrow.written}'`);
    }
    if (test || to === 'lib') continue;
    const may = allowed[from];
    if (may === undefined) complain(`nobody has said what ${from}/ may import (tools/layers.ts)`);
    else if (!may.includes('*') && !may.includes(to)) complain(`${from}/ must not know ${to}/ (${arrow.written})`);
    else if (from === 'console' && arrow.to !== 'src/api/contract.ts') complain('console/ knows api/contract.ts alone');
  }
  return complaints;
}

/** The map as it stands: each folder and those it calls on, doors first. Tests are left out. */
export function picture(files: readonly SourceFile[]): string {
  const calls = new Map<string, Set<string>>();
  for (const file of files) {
    if (isTest(file.path) || !file.path.startsWith('src/')) continue;
    const from = folderOf(file.path);
    const to = calls.get(from) ?? new Set();
    calls.set(from, to);
    for (const arrow of arrowsOf(file)) {
      if (isOurs(arrow.to) && folderOf(arrow.to) !== from) to.add(folderOf(arrow.to));
    }
  }
  const order = Object.keys(allowed).toReversed();
  const place = (folder: string) => order.indexOf(folder);
  const folders = [...calls.keys()].toSorted((a, b) => place(a) - place(b));
  const width = Math.max(0, ...folders.map((folder) => folder.length));
  return folders
    .map((folder) => {
      const to = [...(calls.get(folder) as Set<string>)].toSorted((a, b) => place(a) - place(b));
      return to.length === 0 ? `${folder.padEnd(width)}  .` : `${folder.padEnd(width)}  → ${to.join(', ')}`;
    })
    .join('\n');
}

/** All our TypeScript. */
export function readSources(): readonly SourceFile[] {
  const paths = globSync('{src,labs,bench,tools}/**/*.{ts,tsx}', { cwd: root, exclude: ['**/node_modules/**'] });
  return paths.toSorted().map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** Every complaint about all our files. (An import of a file that is not there is for the compiler to name.) */
export function examine(files: readonly SourceFile[]): readonly Complaint[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  const runtime = new Set(Object.keys(manifest.dependencies ?? {}));
  return files.flatMap((file) => complaintsOf(file, runtime));
}

function resolved(from: string, written: string): string {
  if (written.startsWith('#')) return `src/${written.slice(1)}`;
  if (written.startsWith('.')) return normalize(join(dirname(from), written));
  return written;
}

function isPure(arrow: Arrow): boolean {
  return pureBuiltins.has(arrow.to) || (arrow.to === 'node:net' && pureNet.test(arrow.statement));
}

function isOurs(to: string): boolean {
  return /^(?:src|labs|bench|tools)\//.test(to);
}

/** Tests, and what several of them share (`conformance.ts`, `ledger-contract.ts`, `test-database.ts`). */
function isTest(path: string): boolean {
  return /\.test(?:-kit)?\.tsx?$|\/conformance(?:-[\w-]+)?\.ts$|\/[\w-]+-contract\.ts$|\/test-[\w-]+\.ts$/.test(path);
}

/** `src/domain/item.ts` is in `domain`; `labs/dovecot.ts` in `labs`. */
function folderOf(path: string): string {
  const [first, second] = path.split('/');
  return first === 'src' ? (second as string) : (first as string);
}

/** `src/protocols/imap/reader.ts` belongs to `imap`; a file right in its folder to nobody. */
function siblingOf(path: string): string | null {
  const parts = path.split('/');
  return parts.length > 3 ? (parts[2] as string) : null;
}

/** `@clack/prompts/x` is of the package `@clack/prompts`. */
function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

if (isMain(import.meta.url)) {
  const files = readSources();
  if (process.argv.includes('--picture')) {
    console.log(picture(files));
  } else {
    const complaints = examine(files);
    for (const { at, says } of complaints) console.error(`${at}: ${says}`);
    if (complaints.length > 0) process.exitCode = 1;
    else console.log(`${files.length} files, no arrow flies backwards.`);
  }
}
