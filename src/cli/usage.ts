/**
 * Wrong usage, told all at once: whoever has five mistakes in a list of accounts wants to hear of five, not of the first.
 * Nothing has been started when a `UsageError` is thrown.
 */

import type { UsageProblem } from '#domain/report.ts';

export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly problems: readonly UsageProblem[];

  constructor(problems: readonly UsageProblem[]) {
    super(problems.map(problemLine).join('\n'));
    this.problems = problems;
  }
}

export interface Place {
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
}

/** Gathers problems while the whole input is read; `settle` throws them together. */
export class Problems {
  readonly #found: UsageProblem[] = [];

  add(says: string, place?: Place): void {
    this.#found.push({ says, file: place?.file ?? null, line: place?.line ?? null, column: place?.column ?? null });
  }

  get none(): boolean {
    return this.#found.length === 0;
  }

  /** Throws a `UsageError` with all that was found, if anything was. */
  settle(): void {
    if (this.#found.length > 0) throw new UsageError(this.#found);
  }
}

/** A `UsageError` of one problem, to be thrown. */
export function usageError(says: string, place?: Place): UsageError {
  return new UsageError([
    { says, file: place?.file ?? null, line: place?.line ?? null, column: place?.column ?? null },
  ]);
}

/** `accounts.csv, line 3, column 2: says`. */
export function problemLine(problem: UsageProblem): string {
  const place = [
    problem.file,
    problem.line && `line ${problem.line}`,
    problem.column && `column ${problem.column}`,
  ].filter(Boolean);
  return place.length > 0 ? `${place.join(', ')}: ${problem.says}` : problem.says;
}
