/** What is wrong with the files that a plan was asked for, each with its place, as every other mistake in what is given. */

import { join } from 'node:path';
import { Fault } from '#domain/fault.ts';
import type { UsageProblem } from '#domain/report.ts';
import { counted } from './shown.ts';
import { UsageError } from './usage.ts';

/** So many are told; whoever has more has made one mistake many times. */
const toldMost = 1_000;

/** Told in places where they have some; whatever else was thrown as it is. */
export function inPlaces(error: unknown): unknown {
  const problems = error instanceof Fault ? problemsOf(error) : null;
  if (problems === null) return error;
  // Of a plan more may have been found than were kept.
  const all = isFault(error as Fault, 'plan.file.wrong') ? (error as Fault<'plan.file.wrong'>).about.problems : 0;
  const more = Math.max(all, problems.length) - toldMost;
  return new UsageError([
    ...problems.slice(0, toldMost),
    ...(more > 0
      ? [{ says: `There are ${counted(more, 'more problem')}.`, file: null, line: null, column: null }]
      : []),
  ]);
}

function problemsOf(error: Fault): readonly UsageProblem[] | null {
  if (isFault(error, 'estate.files.wrong')) {
    const { folder, findings } = error.about;
    return findings.map(({ file, line, column, text }) => ({
      says: text,
      file: join(folder, `${file}.csv`),
      line,
      column,
    }));
  }
  if (isFault(error, 'plan.file.wrong')) return placed(error.about.file, error.about.findings);
  return isFault(error, 'plan.wishes-wrong') ? placed(error.about.file, error.about.problems) : null;
}

function placed(
  file: string,
  problems: readonly {
    readonly line: number | null;
    readonly column: number | null;
    readonly problem: string;
  }[],
): readonly UsageProblem[] {
  return problems.map(({ line, column, problem }) => ({ says: problem, file, line, column }));
}

function isFault<Code extends Fault['code']>(error: Fault, code: Code): error is Fault<Code> {
  return error.code === code;
}
