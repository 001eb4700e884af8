/**
 * Makes the bundle that `src/app/start.ts` starts: `src/` in a dozen files instead of 150, split where a command loads
 * what only it needs. `dist/app-…/` holds it, and `dist/app.json` says which is the one to start and what went into it, with
 * the times of each file: a bundle whose sources are no longer those is not started.
 *
 *     node tools/bundle.ts
 *
 * Two at once do not disturb each other: each writes a folder of its own, and the manifest is replaced in one step.
 */

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type OutputAsset, type OutputChunk, type Plugin, rolldown } from 'rolldown';
import type { FileMark, Manifest } from '../src/app/start.ts';
import { isMain, root } from './project.ts';

const entry = 'src/app/main.ts';
/** What is started as a process of its own, by `fork`, from beside who starts it. */
const processes = ['planning-process'];
/** What a copy loads one after the other anyway: with all they import it makes one file. */
const copyPath = ['src/cli/copy.ts', 'src/app/engine.ts', 'src/operations/copy-mailbox.ts'];
/** Shows the labs' servers, and those are read where they stand. */
const leftInPlace = 'src/app/demo.ts';
/**
 * The package that every start needs, and those of hundreds of files, which take longer to be found than the commands of an
 * estate take for all else; the others are loaded from node_modules when something wants them.
 */
const packagesWithin = ['@stricli/core', 'kysely', 'typebox', 'yaml'];
/** What decides about the bundle without being imported. npm writes the last whenever it touches a package. */
const alsoFrom = ['package.json', 'package-lock.json', 'tools/bundle.ts', 'node_modules/.package-lock.json'];

/** A file written twice within this may show the same times for both: some file systems count in steps of two seconds. */
const coarsestMs = 2_000;
const attemptsMax = 20;
/** A process that runs loads the rest of its own bundle, also when there is a newer one. */
const keptMs = 7 * 24 * 3_600_000;
const keptMax = 20;

/**
 * Makes the bundle of the project at `home` and lets it be the one that is started. Waits until nothing that went in is
 * younger than `settledMs`. Throws when it cannot be made: then everything starts as before.
 */
export async function bundle(home: string, settledMs: number = coarsestMs): Promise<Manifest> {
  const dist = join(home, 'dist');
  const name = `app-${randomBytes(6).toString('hex')}`;
  const { sources, output } = await buildSettled(home, join(dist, name), settledMs);
  await mkdir(join(dist, name), { recursive: true });
  await Promise.all(
    output.map((file) =>
      writeFile(join(dist, name, file.fileName), file.type === 'chunk' ? file.code : file.source, { flush: true }),
    ),
  );
  // The maps are for telling where an error came from, and a start can do without.
  const chunks = output.filter(({ type }) => type === 'chunk');
  const written = await Promise.all(chunks.map(({ fileName }) => markOf(home, join(dist, name, fileName))));
  const manifest: Manifest = { main: `dist/${name}/main.js`, files: [...sources, ...written] };
  const draft = join(dist, `${name}.json`);
  await writeFile(draft, JSON.stringify(manifest), { flush: true });
  await rename(draft, join(dist, 'app.json'));
  await removeOld(dist, name);
  return manifest;
}

/** The files of the bundle for a package, that lie in the folder `dir` of the root there, and are not looked at before each start. */
export async function bundled(
  home: string,
  dir: string,
): Promise<readonly { readonly file: string; readonly text: string | Uint8Array }[]> {
  const { output } = await build(home, join(home, dir));
  return output.map((file) => ({ file: file.fileName, text: file.type === 'chunk' ? file.code : file.source }));
}

interface Built {
  readonly sources: readonly FileMark[];
  readonly output: readonly (OutputChunk | OutputAsset)[];
}

/** Builds until no source was written to shortly before it was read or since. */
async function buildSettled(home: string, dir: string, settledMs: number): Promise<Built> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const begun = Date.now();
    const built = await build(home, dir);
    const newest = Math.max(...built.sources.map(([, , , changed]) => Number(BigInt(changed) / 1_000_000n)));
    const after = await Promise.all(built.sources.map(([path]) => markOf(home, join(home, path))));
    if (newest < begun - settledMs && JSON.stringify(after) === JSON.stringify(built.sources)) return built;
    await sleep(settledMs);
  }
  throw new Error('the source is being written to all the time');
}

/** Reads, bundles, and writes nothing; `dir` is where it is going to lie, from where its maps point at the source. */
async function build(home: string, dir: string): Promise<Built> {
  const marks = new Map<string, FileMark>();
  const core = new Set<string>();
  const main = join(home, entry);
  for (const path of alsoFrom) marks.set(path, await markOf(home, join(home, path)));

  const watch: Plugin = {
    name: 'godwit',
    async resolveId(source, importer) {
      if (source.startsWith('node:')) return { id: source, external: true };
      if (/^[^.#/]/.test(source) && !isWithin(source)) return { id: source, external: true };
      if (importer === undefined) return null;
      // As it has to be written two folders below the root, where the bundle lies.
      if (resolve(importer, '..', source) === join(home, leftInPlace)) {
        return { id: `../../${leftInPlace}`, external: true };
      }
      return null;
    },
    async load(id) {
      // Before it is read: what is written in between makes the mark wrong, never the other way round.
      if (!relative(home, id).startsWith('node_modules/')) {
        const mark = await markOf(home, id);
        marks.set(mark[0], mark);
      }
      return { code: await readFile(id, 'utf8'), moduleType: id.endsWith('.ts') ? 'ts' : 'js' };
    },
    buildEnd() {
      const waiting = [main, ...copyPath.map((path) => join(home, path))];
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        if (core.has(id)) continue;
        core.add(id);
        waiting.push(...(this.getModuleInfo(id)?.importedIds ?? []));
      }
      core.delete(main);
    },
  };

  const bundler = await rolldown({
    input: { main, ...processesIn(home) },
    cwd: home,
    platform: 'node',
    tsconfig: false,
    plugins: [watch],
    logLevel: 'silent',
  });
  try {
    const { output } = await bundler.generate({
      dir,
      format: 'esm',
      sourcemap: 'hidden',
      codeSplitting: { groups: [{ name: 'core', test: (id) => core.has(id) }] },
    });
    for (const file of output) {
      if (file.type !== 'chunk') continue;
      // The entry ends with the process; whoever waits for it to be loaded would wait for that.
      if (file.imports.includes('main.js') || (file.fileName !== 'main.js' && file.moduleIds.includes(main))) {
        throw new Error(`${entry} would wait for itself in ${file.fileName}`);
      }
    }
    return { sources: [...marks.values()].toSorted(([a], [b]) => (a < b ? -1 : 1)), output };
  } finally {
    await bundler.close();
  }
}

/** Their entries, by the names that they have in the bundle too. */
function processesIn(home: string): Readonly<Record<string, string>> {
  const paths = processes.map((name) => [name, join(home, dirname(entry), `${name}.ts`)] as const);
  return Object.fromEntries(paths.filter(([, path]) => existsSync(path)));
}

/** Whether what is imported under this name goes into the bundle. */
function isWithin(name: string): boolean {
  return packagesWithin.some((each) => name === each || name.startsWith(`${each}/`));
}

async function markOf(home: string, path: string): Promise<FileMark> {
  const { size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [relative(home, path), String(size), String(mtimeNs), String(ctimeNs)];
}

/** Removes the bundles that nobody will load from any more. */
async function removeOld(dist: string, current: string): Promise<void> {
  const names = (await readdir(dist)).filter((name) => name.startsWith('app-') && !name.startsWith(current));
  const aged = await Promise.all(
    names.map(async (name) => ({ name, made: (await stat(join(dist, name)).catch(() => null))?.mtimeMs ?? 0 })),
  );
  const old = aged
    .toSorted((a, b) => b.made - a.made)
    .filter(({ made }, index) => index >= keptMax || made < Date.now() - keptMs);
  for (const { name } of old) await rm(join(dist, name), { recursive: true, force: true });
}

if (isMain(import.meta.url)) await bundle(root);
