/**
 * A bundle of evidence as it is written into a folder: each file beside its place, and put there when it is whole. The folder keeps a list
 * of what was written, which `sha256sum -c` reads; the next bundle takes away what is on the list of the one before and not on its own,
 * provided that nobody has changed it.
 */

import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BundleLine, bundleNamePattern, type BundlePiece, type ExportedEvidence } from './bundle-lines.ts';
import { draftOf, isDraftOf, sweepDrafts, unwritable } from './evidence-drafts.ts';

/** Under a name that no list of anybody else has. */
export const bundleList = 'godwit-bundle.sha256';
/** Two tables, and one file after the other. */
const openMax = 8;
const mayBeCalled = new RegExp(bundleNamePattern);

/** Writes all of it. Throws `evidence.folder.unwritable`, and what `lines` throw: then what is whole is there, and the list still the old one. */
export async function writeBundle(
  folder: string,
  lines: AsyncIterable<readonly BundleLine[]>,
): Promise<ExportedEvidence> {
  await using bundle = await BundleFolder.open(folder);
  let summary: ExportedEvidence | null = null;
  for await (const part of lines)
    for (const line of part) {
      if ('summary' in line) summary = line.summary;
      else await bundle.take(line.piece);
    }
  if (summary === null) throw new Error('a bundle came to its end without a summary');
  await bundle.keep();
  return summary;
}

interface Growing {
  readonly draft: string;
  readonly file: FileHandle;
  readonly hash: Hash;
}

class BundleFolder implements AsyncDisposable {
  readonly #folder: string;
  readonly #growing = new Map<string, Growing>();
  /** What earlier bundles have left and this one has not written yet: SHA-256 by name. */
  readonly #before: Map<string, string>;
  readonly #list: FileHandle;

  private constructor(folder: string, before: Map<string, string>, list: FileHandle) {
    [this.#folder, this.#before, this.#list] = [folder, before, list];
  }

  static open(folder: string): Promise<BundleFolder> {
    const opened = async (): Promise<BundleFolder> => {
      await mkdir(folder, { recursive: true });
      const before = await listedIn(folder);
      await sweepDrafts(folder);
      return new BundleFolder(folder, before, await open(draftOf(join(folder, bundleList)), 'w', 0o644));
    };
    return unwritable(folder, opened());
  }

  take(piece: BundlePiece): Promise<void> {
    return unwritable(this.#folder, this.#take(piece));
  }

  async #take({ name, text, ends }: BundlePiece): Promise<void> {
    if (!mayBeCalled.test(name)) throw new Error(`no file of a bundle is called ${JSON.stringify(name)}`);
    const growing = this.#growing.get(name) ?? (await this.#begin(name));
    await growing.file.writeFile(text);
    growing.hash.update(text);
    if (!ends) return;
    this.#growing.delete(name);
    await growing.file.datasync();
    await growing.file.close();
    // Before it is there: whatever is killed now, the next bundle knows whose it is.
    await this.#list.writeFile(`${growing.hash.digest('hex')}  ${name}\n`);
    await rename(growing.draft, join(this.#folder, name));
    this.#before.delete(name);
  }

  async #begin(name: string): Promise<Growing> {
    if (this.#growing.size === openMax) throw new Error(`more than ${openMax} files of a bundle at a time`);
    const draft = draftOf(join(this.#folder, name));
    // A key by which guesses at messages can be tried is for one reader.
    const file = await open(draft, 'w', name.endsWith('.digest-key') ? 0o600 : 0o644);
    const growing = { draft, file, hash: createHash('sha256') };
    this.#growing.set(name, growing);
    return growing;
  }

  /** It is whole: what an earlier one has left goes, and its own list takes the place of that one's. */
  keep(): Promise<void> {
    const work = async (): Promise<void> => {
      for (const [name, hash] of this.#before) await removeAsListed(join(this.#folder, name), hash);
      await this.#list.datasync();
      await rename(draftOf(join(this.#folder, bundleList)), join(this.#folder, bundleList));
    };
    return unwritable(this.#folder, work());
  }

  /** Of one that is not whole, the list stays as a draft, for the next one to read. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#list.close();
    for (const { draft, file } of this.#growing.values()) {
      await file.close();
      await rm(draft, { force: true });
    }
  }
}

/** By the list of the last bundle, and by those of bundles that were never whole. */
async function listedIn(folder: string): Promise<Map<string, string>> {
  const listed = new Map<string, string>();
  for (const file of await readdir(folder)) {
    if (file !== bundleList && !isDraftOf(file, bundleList)) continue;
    for (const line of (await readFile(join(folder, file), 'utf8')).split('\n')) {
      const [, hash, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
      if (hash !== undefined && name !== undefined && mayBeCalled.test(name)) listed.set(name, hash);
    }
  }
  return listed;
}

/** What somebody has changed meanwhile is theirs. */
async function removeAsListed(path: string, hash: string): Promise<void> {
  const octets = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (octets !== null && createHash('sha256').update(octets).digest('hex') === hash) await rm(path);
}
