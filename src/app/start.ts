/**
 * What `./godwit` starts: Godwit out of its bundle (`tools/bundle.ts`) where every file that went into it is as it was,
 * else out of `src/` as it stands, which is the same and takes twice as long. Nothing of ours is imported here, since each
 * millisecond is part of every start.
 */

import { accessSync, constants, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** `[path from the root, size, mtime, ctime]`, the times in nanoseconds since 1970. */
export type FileMark = readonly [path: string, size: string, modified: string, changed: string];

/** `dist/app.json`. */
export interface Manifest {
  /** Path of the entry from the root. */
  readonly main: string;
  /** Everything the bundle was made from, and the bundle itself. */
  readonly files: readonly FileMark[];
  /** In a package (`tools/package-deb.ts`) there is no source beside it that could have changed, and dpkg minds the files. */
  readonly installed?: boolean;
}

interface Place extends NodeJS.CallSite {
  /** `name (file:line:column)`, as a stack has it. */
  toString(): string;
}

const home = new URL('../../', import.meta.url);
const folder = fileURLToPath(home);
/** How often a bundle is asked for while it does not come. */
const askAgainMs = 60_000;

const bundle = freshBundle();
if (bundle === null) process.once('exit', askForBundle);
else {
  const within = new URL('.', bundle).href;
  Error.prepareStackTrace = (error, places) => stackOf(error, places, within);
}
await import(bundle ?? new URL('src/app/main.ts', home).href);

/** The address of the bundle's entry, or null unless everything its manifest names is as it was when it was made. */
function freshBundle(): string | null {
  try {
    const { main, files, installed } = JSON.parse(readFileSync(`${folder}dist/app.json`, 'utf8')) as Manifest;
    return installed === true || (files.length > 0 && files.every(isAsItWas)) ? new URL(main, home).href : null;
  } catch {
    // No bundle yet, or what was one is torn or misses a file: the source is always there.
    return null;
  }
}

/** The time of the last change (ctime) is the kernel's own: no tool that keeps or sets times can put it back. */
function isAsItWas([path, size, modified, changed]: FileMark): boolean {
  const now = statSync(folder + path, { bigint: true });
  return String(now.size) === size && String(now.mtimeNs) === modified && String(now.ctimeNs) === changed;
}

/** Has a bundle made for the next start, by a process of its own: this one has ended, and is not held up by it. */
function askForBundle(): void {
  try {
    const asked = `${folder}dist/app.asked`;
    const before = statSync(asked, { throwIfNoEntry: false });
    if (before !== undefined && Math.abs(Date.now() - before.mtimeMs) < askAgainMs) return;
    // Whoever plays the administrator in somebody's tree must not leave files there that its owner cannot replace.
    if (statSync(folder).uid !== process.geteuid?.()) return;
    accessSync(folder, constants.W_OK);
    accessSync(`${folder}node_modules/rolldown`);
    mkdirSync(`${folder}dist`, { recursive: true });
    writeFileSync(asked, '');
    const { spawn } = process.getBuiltinModule('node:child_process');
    // Of our environment it gets nothing else: there may be passwords in it.
    const cache = process.env['NODE_COMPILE_CACHE'];
    const maker = spawn(process.execPath, [`${folder}tools/bundle.ts`], {
      cwd: folder,
      env: cache === undefined ? {} : { NODE_COMPILE_CACHE: cache },
      detached: true,
      stdio: 'ignore',
    });
    maker.on('error', () => {}).unref();
  } catch {
    // Nowhere to put it, or nothing to make it with: then the next start is out of the source too.
  }
}

/** The stack of an error, told with the places in `src/` that those in the bundle were made from. */
function stackOf(error: Error, places: readonly Place[], within: string): string {
  const { SourceMap } = process.getBuiltinModule('node:module');
  const maps = new Map<string, InstanceType<typeof SourceMap>>();
  const lines = places.map((place) => {
    const written = `\n    at ${place.toString()}`;
    const [file, line, column] = [place.getFileName(), place.getLineNumber(), place.getColumnNumber()];
    if (!file?.startsWith(within) || line === null || column === null) return written;
    try {
      const text = () => readFileSync(new URL(`${file}.map`), 'utf8');
      const map = maps.get(file) ?? new SourceMap(JSON.parse(text()) as ConstructorParameters<typeof SourceMap>[0]);
      maps.set(file, map);
      const origin = map.findOrigin(line, column);
      if (!('fileName' in origin)) return written;
      const found = `${new URL(origin.fileName, file).href}:${origin.lineNumber}:${origin.columnNumber}`;
      return written.replace(`${file}:${line}:${column}`, () => found);
    } catch {
      // Without its map a place is told as it stands in the bundle.
      return written;
    }
  });
  return `${Error.prototype.toString.call(error)}${lines.join('')}`;
}
