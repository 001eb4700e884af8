/** Where the files of one piece of planning lie for as long as it lasts. Nobody else can read them, and nobody hears where that was. */

import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const prefix = 'planning-';

export class Scratch implements AsyncDisposable {
  readonly #folder: string;
  /** What each file is called by whoever sent it, by where it lies. */
  readonly #names = new Map<string, string>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** One in `stateDir`, whence those of servers that were killed are cleared away. */
  static async make(stateDir: string): Promise<Scratch> {
    await mkdir(stateDir, { recursive: true });
    for (const left of await readdir(stateDir))
      if (left.startsWith(prefix) && !isOfSomebody(left))
        await rm(join(stateDir, left), { recursive: true, force: true });
    return new Scratch(await mkdtemp(join(stateDir, `${prefix}${process.pid}-`)));
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
  }
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Whether the process that made this folder lives. */
function isOfSomebody(folder: string): boolean {
  const pid = Number(/^planning-(\d+)-/.exec(folder)?.[1]);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
