/** What a run with canaries has left to be seen, looked through as it comes: what was found, and how much was looked at. */

import { type Finding, type Mark, type Searched, searchIn, searchProcesses } from './canary-search.ts';

export interface Looked {
  readonly things: number;
  readonly octets: number;
}

export class Lookout {
  readonly marks: Mark[];
  /** Nothing may be here. */
  readonly findings: Finding[] = [];
  /** What went wrong besides, or was not as it has to be for the search to mean anything. */
  readonly complaints: string[] = [];
  readonly looked: Record<string, Looked> = {};

  constructor(marks: readonly Mark[]) {
    this.marks = [...marks];
  }

  /** From now on this is not to be seen either. */
  alsoFor(mark: Mark): void {
    this.marks.push(mark);
  }

  add(kind: string, { findings, files, octets }: Searched): void {
    const before = this.looked[kind] ?? { things: 0, octets: 0 };
    this.looked[kind] = { things: before.things + files, octets: before.octets + octets };
    this.findings.push(...findings.map((finding) => ({ ...finding, where: `${kind}: ${finding.where}` })));
  }

  see(kind: string, where: string, octets: Buffer): void {
    this.add(kind, { findings: searchIn(where, octets, this.marks), files: 1, octets: octets.length });
  }

  said(who: string, parts: readonly string[]): void {
    this.see('said', who, Buffer.from(parts.join('')));
  }

  complain(says: string): void {
    this.complaints.push(says);
  }

  /** What others on the machine see of the processes that have this variable, five times a second until it is disposed of. */
  watchProcesses(variable: string): AsyncDisposable {
    let isOver = false;
    const over = (async () => {
      while (!isOver) {
        this.add('processes', await searchProcesses(variable, this.marks));
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    })();
    return {
      [Symbol.asyncDispose]: async () => {
        isOver = true;
        await over;
      },
    };
  }
}
