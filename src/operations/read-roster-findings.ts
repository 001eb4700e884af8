/** What is wrong with the files of an estate that is read without a database, as an import would tell it. */

import { type Clash, clashText, type Finding } from '#domain/estate-changes.ts';
import { type EstateFileKind, estateFileKinds } from '#domain/estate-columns.ts';

/** So many are kept to be told; whoever has more has one mistake in every line, and is told how many there are. */
const keptMost = 100_000;

export class RosterFindings {
  readonly #found: Finding[] = [];
  readonly #clashes: Finding[] = [];
  #count = 0;
  #clashCount = 0;

  /** What is wrong with lines by themselves. */
  found(findings: readonly Finding[]): void {
    this.#count += findings.length;
    for (const finding of findings) {
      if (this.#found.length >= keptMost) return;
      this.#found.push(finding);
    }
  }

  /** What a line says that does not go together with another; `at` is the number of a field, from 0. */
  clash(file: EstateFileKind, line: number, at: number | undefined, clash: Clash): void {
    this.#clashCount++;
    if (this.#clashes.length >= keptMost) return;
    this.#clashes.push({ file, line, column: at === undefined ? null : at + 1, text: clashText(clash) });
  }

  /** As an import does, lines are held against each other only where every file could be understood: else much would seem unknown. */
  all(isEveryFileUnderstood: boolean): { readonly problems: number; readonly findings: readonly Finding[] } {
    const clashes = isEveryFileUnderstood ? this.#clashes : [];
    return {
      problems: this.#count + (isEveryFileUnderstood ? this.#clashCount : 0),
      findings: [...this.#found, ...clashes].toSorted(byPlace).slice(0, keptMost),
    };
  }
}

/** What is meant for a whole file or line comes before what is meant for a part of it. */
function byPlace(a: Finding, b: Finding): number {
  const order = (kind: EstateFileKind): number => estateFileKinds.indexOf(kind);
  return order(a.file) - order(b.file) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
