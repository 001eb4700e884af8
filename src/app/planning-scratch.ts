/** Where the files of one piece of planning lie for as long as it lasts. Nobody else can read them, and nobody hears where that was. */

import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const prefix = 'planning-';

/**
 * Those of this process. In a container every process has the same number: one that bears ours may be left from before the container
 * was started anew.
 */
const ours = new Set<string>();

export class Scratch implements AsyncDisposable {
  readonly #stateDir: string;
  readonly #name: string;
  /** What each file is called by whoever sent it, by where it lies. */
  readonly #names = new Map<string, string>();

  private constructor(stateDir: string, name: string) {
    [this.#stateDir, this.#name] = [stateDir, name];
  }

  /** One in `stateDir`, whence those of servers that were killed are cleared away. */
  static async make(stateDir: string): Promise<Scratch> {
    await mkdir(stateDir, { recursive: true });
    for (const left of await readdir(stateDir))
      if (left.startsWith(prefix) && !isOfSomebody(left))
        await rm(join(stateDir, left), { recursive: true, force: true });
    const name = `${prefix}${process.pid}-${randomBytes(6).toString('hex')}`;
    ours.add(name);
    const scratch = new Scratch(stateDir, name);
    try {
      await mkdir(scratch.#folder, { mode: 0o700 });
    } catch (error) {
      ours.delete(name);
      throw error;
    }
    return scratch;
  }

  get #folder(): string {
    return join(this.#stateDir, this.#name);
  }

  path(as: string): string {
    return join(this.#folder, as);
  }

  /** Writes it down; `name`: what it is called elsewhere. */
  async write(as: string, name: string, octets: AsyncIterable<Uint8Array>): Promise<string> {
    const path = this.path(as);
    await pipeline(Readable.from(octets), createWriteStream(path, { mode: 0o600 }));
    this.#names.set(path, name);
    return path;
  }

  /** JSON in which files are called what they are called elsewhere. */
  named(json: string): string {
    let named = json;
    for (const [path, name] of this.#names) named = named.replaceAll(inJson(path), () => inJson(name));
    return named;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    ours.delete(this.#name);
  }
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Whether the process that made this folder lives. */
function isOfSomebody(folder: string): boolean {
  const pid = Number(/^planning-(\d+)-/.exec(folder)?.[1]);
  if (pid === process.pid) return ours.has(folder);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
