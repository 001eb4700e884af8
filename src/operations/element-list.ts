/**
 * The list of elements beside a certificate: one line for each message of the target, so that a checker can name the one message that was
 * changed or removed. It holds no content: numbers, and keyed fingerprints. Lines of ASCII, in this order:
 *
 *     godwit-elements 1 <id of the certificate>
 *     folder <name, as a JSON string>
 *     <UID> <octets> <INTERNALDATE in seconds since 1970, or -> <element in hexadecimal digits>
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { digestOctets } from '#domain/digest.ts';
import type { Side } from '#verify/findings.ts';
import type { SideEvidence } from '#verify/side-evidence.ts';
import { draftOf } from './evidence-drafts.ts';

/** The first line, with its end. */
export function elementListHead(certificate: string): string {
  return `godwit-elements 1 ${certificate}\n`;
}

/** Handed to the disk at a time: some 200 kB. */
const linesAtOnce = 2_000;
/** JSON in pure ASCII, so that a line is a line to every reader. */
const notAscii = /[^\x20-\x7e]/g;

/** Written beside its place, and put there when it is whole. */
export class ElementListWriter implements AsyncDisposable {
  readonly #draft: string;
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  #octets = 0;
  /** Folders are compared several at a time, and written one after the other. */
  #last: Promise<void> = Promise.resolve();
  #isKept = false;

  private constructor(draft: string, file: FileHandle) {
    [this.#draft, this.#file] = [draft, file];
  }

  static async begin(path: string, certificate: string): Promise<ElementListWriter> {
    const draft = draftOf(path);
    const writer = new ElementListWriter(draft, await open(draft, 'w', 0o600));
    await writer.#write(elementListHead(certificate));
    return writer;
  }

  folder({ columns }: Side, { certified, rows, elements }: SideEvidence): Promise<void> {
    this.#last = this.#last.then(async () => {
      const name = JSON.stringify(certified.name).replace(
        notAscii,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
      let text = `folder ${name}\n`;
      for (const [i, row] of rows.entries()) {
        const element = elements.toString('hex', i * digestOctets, (i + 1) * digestOctets);
        text += `${columns.uid(row)} ${columns.sizeBytes(row) ?? 0} ${columns.internalDate(row) ?? '-'} ${element}\n`;
        if (i % linesAtOnce === linesAtOnce - 1) {
          await this.#write(text);
          text = '';
        }
      }
      await this.#write(text);
    });
    return this.#last;
  }

  /** What a certificate says of it. */
  async whole(): Promise<{ readonly sha256: string; readonly octets: number }> {
    await this.#last;
    await this.#file.datasync();
    return { sha256: this.#hash.digest('hex'), octets: this.#octets };
  }

  async keep(path: string): Promise<void> {
    await rename(this.#draft, path);
    this.#isKept = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last.catch(() => undefined); // whoever waited for it was told
    await this.#file.close();
    if (!this.#isKept) await rm(this.#draft, { force: true });
  }

  async #write(text: string): Promise<void> {
    const octets = Buffer.from(text, 'latin1');
    this.#hash.update(octets);
    this.#octets += octets.length;
    await this.#file.writeFile(octets);
  }
}

/** A message as the list has it. */
export interface ListedElement {
  readonly uid: number;
  readonly octets: number;
  /** Seconds since 1970; null where the server told none. */
  readonly internalDate: number | null;
  /** In hexadecimal digits. */
  readonly element: string;
}

/** Reads a list, line by line. Yields `folder` before its messages. Throws a `RangeError` that names the first line that is none of these. */
export async function* readElementList(
  path: string,
  certificate: string,
): AsyncGenerator<{ readonly folder: string } | ListedElement> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path, 'latin1'), crlfDelay: Infinity })) {
    number++;
    if (number === 1) {
      if (`${line}\n` !== elementListHead(certificate)) throw new RangeError('it is not the list of this certificate');
      continue;
    }
    yield readLine(line, number);
  }
}

function readLine(line: string, number: number): { readonly folder: string } | ListedElement {
  const message = /^([1-9]\d{0,9}) (\d{1,15}) (-|-?\d{1,15}) ([0-9a-f]{64})$/.exec(line);
  if (message) {
    const [, uid, octets, date, element] = message as unknown as [string, string, string, string, string];
    return { uid: Number(uid), octets: Number(octets), internalDate: date === '-' ? null : Number(date), element };
  }
  if (line.startsWith('folder "')) {
    try {
      const folder: unknown = JSON.parse(line.slice('folder '.length));
      if (typeof folder === 'string') return { folder };
    } catch {
      // told below, with what else is no line of it
    }
  }
  throw new RangeError(`line ${number} is none of an element list`);
}
