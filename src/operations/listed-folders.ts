/** The list of elements beside a certificate, held against it and kept in columns: some 60 octets for each message. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Certificate } from '#domain/certificate.ts';
import { type CheckFinding, fileFinding, type FoundMessage } from '#domain/certificate-check.ts';
import { digestOctets } from '#domain/digest.ts';
import { elementsDigest } from '#domain/element-digest.ts';
import { cleanText } from '#lib/clean-text.ts';
import { readElementList } from './element-list.ts';

/** The messages of one folder as the list has them, ascending by UID. */
export class ListedFolder {
  readonly #uids: number[] = [];
  readonly #octets: number[] = [];
  /** `NaN` for none. */
  readonly #dates: number[] = [];
  #elements = Buffer.allocUnsafe(64 * digestOctets);

  get length(): number {
    return this.#uids.length;
  }

  /** False where its UID is not behind the last one. */
  add(uid: number, octets: number, date: number | null, element: string): boolean {
    if (uid <= (this.#uids.at(-1) ?? 0)) return false;
    const at = this.length * digestOctets;
    if (at === this.#elements.length) this.#elements = Buffer.concat([this.#elements, Buffer.allocUnsafe(at)]);
    this.#elements.write(element, at, 'hex');
    this.#uids.push(uid);
    this.#octets.push(octets);
    this.#dates.push(date ?? Number.NaN);
    return true;
  }

  elements(): Buffer {
    return this.#elements.subarray(0, this.length * digestOctets);
  }

  element(at: number): Buffer {
    return this.#elements.subarray(at * digestOctets, (at + 1) * digestOctets);
  }

  uid(at: number): number {
    return this.#uids[at] as number;
  }

  message(at: number): FoundMessage {
    const date = this.#dates[at] as number;
    return { uid: this.uid(at), octets: this.#octets[at] as number, internalDate: Number.isNaN(date) ? null : date };
  }
}

export interface Lists {
  /** By the name of the target folder; only those that fit the certificate. */
  readonly folders: ReadonlyMap<string, ListedFolder>;
  readonly findings: readonly CheckFinding[];
}

/** Reads the list at `path`. A list that does not fit names nothing: what it says of the folders that do fit is still proven. */
export async function readLists(path: string, { id, elementList, folders }: Certificate): Promise<Lists> {
  if (elementList === null)
    return { folders: new Map(), findings: [fileFinding('list', 'the certificate names no list')] };
  const findings: CheckFinding[] = [];
  if ((await sha256Of(path)) !== elementList.sha256)
    findings.push(fileFinding('list', 'it is not the list that the certificate names, or it was changed'));
  const lists = new Map<string, ListedFolder>();
  try {
    let list = new ListedFolder();
    let inOrder = true;
    for await (const line of readElementList(path, id)) {
      if ('folder' in line) lists.set(line.folder, (list = new ListedFolder()));
      else inOrder = list.add(line.uid, line.octets, line.internalDate, line.element) && inOrder;
    }
    if (!inOrder) findings.push(fileFinding('list', 'its lines are not in the order of the UIDs'));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    findings.push(fileFinding('list', cleanText(error.message, 200)));
  }
  for (const { target } of folders) {
    const list = lists.get(target.name) ?? new ListedFolder();
    if (elementsDigest(list.elements()) === target.elements) {
      lists.set(target.name, list);
      continue;
    }
    const says = `its lines for ${cleanText(target.path.join('/'), 200)} do not fit the certificate`;
    findings.push(fileFinding('list', says));
    lists.delete(target.name);
  }
  return { folders: lists, findings };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
