/** Where the files of certificates lie: one for each mailbox, named for its address, and beside it the list of its elements. */

import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileNameOf } from '#domain/certificate.ts';
import { elementListHead, ElementListWriter } from './element-list.ts';
import { draftOf, sweepDrafts, unwritable } from './evidence-drafts.ts';

export class EvidenceFiles {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folder where it is not there. Throws `evidence.folder.unwritable`. */
  static async open(folder: string): Promise<EvidenceFiles> {
    await unwritable(folder, mkdir(folder, { recursive: true }));
    await unwritable(folder, sweepDrafts(folder));
    return new EvidenceFiles(folder);
  }

  beginElements(address: string, certificate: string): Promise<ElementListWriter> {
    return unwritable(this.#folder, ElementListWriter.begin(this.#path(address, 'elements'), certificate));
  }

  keepElements(address: string, list: ElementListWriter): Promise<void> {
    return unwritable(this.#folder, list.keep(this.#path(address, 'elements')));
  }

  /** Whether the list of that certificate lies there, whole. */
  async hasElements(address: string, certificate: string, octets: number): Promise<boolean> {
    try {
      await using file = await open(this.#path(address, 'elements'), 'r');
      if ((await file.stat()).size !== octets) return false;
      const line = Buffer.from(elementListHead(certificate));
      const begin = Buffer.alloc(line.length);
      await file.read(begin, 0, begin.length, 0);
      return begin.equals(line);
    } catch {
      return false; // whatever keeps it from being read, it is made anew
    }
  }

  certificate(address: string, text: string): Promise<void> {
    return this.#write(this.#path(address, 'json'), text, 0o644);
  }

  /** In hexadecimal digits. Those who check contents get it; it says nothing by itself, and guesses at messages can be tried with it. */
  digestKey(address: string, key: string): Promise<void> {
    return this.#write(this.#path(address, 'digest-key'), `${key}\n`, 0o600);
  }

  wave(name: string, text: string): Promise<void> {
    return this.other(`wave-${fileNameOf(name)}.json`, text);
  }

  /** Any other of the folder, under its own name. */
  other(name: string, text: string): Promise<void> {
    return this.#write(join(this.#folder, name), text, 0o644);
  }

  #path(address: string, ending: string): string {
    return join(this.#folder, `${fileNameOf(address)}.${ending}`);
  }

  /** The old file or the new one is there, whatever is killed meanwhile. */
  #write(path: string, text: string, mode: number): Promise<void> {
    const draft = draftOf(path);
    const work = async (): Promise<void> => {
      {
        await using file = await open(draft, 'w', mode);
        await file.writeFile(text);
        await file.datasync();
      }
      await rename(draft, path);
    };
    return unwritable(this.#folder, work());
  }
}
