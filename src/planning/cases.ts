/** What has something in common, counted, and the first few of it kept, to be told by name. */

export interface CasesOf<Case> {
  readonly count: number;
  readonly first: readonly Case[];
}

/** Nobody reads more, and two million would fill the memory. */
const kept = 1_000;

export class Cases<Case> implements CasesOf<Case> {
  count = 0;
  readonly first: Case[] = [];

  add(one: Case): void {
    this.count++;
    if (this.first.length < kept) this.first.push(one);
  }
}
