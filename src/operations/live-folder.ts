/** A folder as a checker has read it just now, in columns, held against what was certified of it (docs/evidence-format.md, section 7). */

import {
  type CheckFinding,
  type CheckKind,
  folderFinding,
  type FoundMessage,
  messageFinding,
} from '#domain/certificate-check.ts';
import type { CertifiedSide } from '#domain/certificate.ts';
import { digestOctets } from '#domain/digest.ts';
import { elementsDigest, sortedElements } from '#domain/element-digest.ts';
import type { Side } from '#verify/findings.ts';
import type { SideEvidence } from '#verify/side-evidence.ts';
import type { ListedFolder } from './listed-folders.ts';

export interface WithheldNow {
  readonly message: FoundMessage;
  readonly reason: string;
}

/** Ascending by UID. */
export class LiveFolder {
  readonly #name: string;
  readonly #columns: Side['columns'];
  readonly #rows: Uint32Array;
  readonly #elements: Buffer;
  readonly #findings: CheckFinding[] = [];
  readonly isRenumbered: boolean;

  constructor(name: string, target: CertifiedSide, { columns }: Side, { rows, elements }: SideEvidence) {
    [this.#name, this.#columns, this.#rows, this.#elements] = [name, columns, rows, elements];
    this.isRenumbered = columns.uidValidity !== target.uidValidity;
  }

  /** Everything in it that is not as it was certified. `list`: null where no message can be named. */
  compare(target: CertifiedSide, list: ListedFolder | null, withheld: readonly WithheldNow[]): readonly CheckFinding[] {
    const then = new Set(this.isRenumbered ? [] : target.withheld);
    for (const { message, reason } of withheld)
      if (!then.has(message.uid)) this.#note('unreadable', message, `the server does not give it out: ${reason}`);
    const meant = this.#rows.map((_, at) => at).filter((at) => !then.has(this.#uid(at)));
    const isOld = (at: number): boolean => this.isRenumbered || this.#uid(at) < target.uidNext;
    for (const at of meant)
      if (!isOld(at)) this.#note('added-since', this.#message(at), 'it came after the certificate was made');
    const old = meant.filter(isOld);
    if (elementsDigest(this.#elementsOf(old)) === target.elements) return this.#findings;
    if (!list) this.#unlisted(target, old);
    else if (this.isRenumbered) this.#byElement(list, old);
    else this.#byUid(list, old, new Set(withheld.map(({ message }) => message.uid)));
    return this.#findings;
  }

  #unlisted({ messages, octets }: CertifiedSide, old: Uint32Array): void {
    const sum = old.reduce((all, at) => all + this.#octets(at), 0);
    const says = `${messages} messages of ${octets} octets were certified, ${old.length} of ${sum} are there; without the list of elements no message can be named`;
    this.#findings.push(folderFinding('folder-differs', this.#name, says));
  }

  /** What is listed and not given out is there, and was told. */
  #byUid(list: ListedFolder, old: Uint32Array, withheld: ReadonlySet<number>): void {
    let next = 0;
    for (let i = 0; i < list.length; i++) {
      for (; next < old.length && this.#uid(at(old, next)) < list.uid(i); next++) this.#added(at(old, next));
      if (next === old.length || this.#uid(at(old, next)) !== list.uid(i)) {
        if (!withheld.has(list.uid(i))) this.#removed(list.message(i));
        continue;
      }
      const here = at(old, next++);
      if (this.#element(here).equals(list.element(i))) continue;
      const says = `it was ${list.message(i).octets} octets when it was certified and is not the same any more`;
      this.#note('changed', this.#message(here), says);
    }
    for (; next < old.length; next++) this.#added(at(old, next));
  }

  /** Both sides sorted by their elements, and walked through together. */
  #byElement(list: ListedFolder, old: Uint32Array): void {
    const [theirs, ours] = [sortedElements(list.elements()), sortedElements(this.#elementsOf(old))];
    const added: number[] = [];
    let [i, j] = [0, 0];
    while (i < theirs.length && j < ours.length) {
      const here = at(old, at(ours, j));
      const order = list.element(at(theirs, i)).compare(this.#element(here));
      if (order < 0) this.#removed(list.message(at(theirs, i)));
      if (order > 0) added.push(here);
      if (order <= 0) i++;
      if (order >= 0) j++;
    }
    for (; i < theirs.length; i++) this.#removed(list.message(at(theirs, i)));
    for (; j < ours.length; j++) added.push(at(old, at(ours, j)));
    for (const each of added.sort((a, b) => a - b)) this.#added(each);
  }

  #removed(message: FoundMessage): void {
    this.#note('removed', message, 'it was certified and is not there');
  }

  #added(here: number): void {
    this.#note('added', this.#message(here), 'it is there and was not certified');
  }

  #note(kind: CheckKind, message: FoundMessage, says: string): void {
    this.#findings.push(messageFinding(kind, this.#name, message, says));
  }

  #uid(here: number): number {
    return this.#columns.uid(at(this.#rows, here));
  }

  #octets(here: number): number {
    return this.#columns.sizeBytes(at(this.#rows, here)) ?? 0;
  }

  #message(here: number): FoundMessage {
    const row = at(this.#rows, here);
    return { uid: this.#uid(here), octets: this.#octets(here), internalDate: this.#columns.internalDate(row) };
  }

  #element(here: number): Buffer {
    return this.#elements.subarray(here * digestOctets, (here + 1) * digestOctets);
  }

  /** Not copied where all are meant, which is nearly always. */
  #elementsOf(meant: Uint32Array): Buffer {
    if (meant.length === this.#rows.length) return this.#elements;
    const some = Buffer.allocUnsafe(meant.length * digestOctets);
    for (const [i, here] of meant.entries()) this.#element(here).copy(some, i * digestOctets);
    return some;
  }
}

function at(numbers: Uint32Array, index: number): number {
  return numbers[index] as number;
}
