/** Whether a list of organisations is a forest: every code once, every parent in the list, nobody above themselves. */

import type { OrganisationRow } from './estate.ts';
import type { Lined } from './estate-rows.ts';

export interface TreeProblem {
  readonly line: number;
  readonly column: 'code' | 'parent';
  readonly problem: string;
}

/** So many codes of a circle are told; a longer one is cut in its middle. */
const codesTold = 6;

/** All that is wrong; each organisation that is its own ancestor is named. */
export function treeProblems(rows: readonly Lined<OrganisationRow>[]): readonly TreeProblem[] {
  const problems: TreeProblem[] = [];
  const byCode = new Map<string, Lined<OrganisationRow>>();
  for (const row of rows) {
    const other = byCode.get(row.code);
    if (other) {
      const problem = `The code ${JSON.stringify(row.code)} stands in line ${other.line} already.`;
      problems.push({ line: row.line, column: 'code', problem });
    } else byCode.set(row.code, row);
  }
  for (const { line, parent } of rows) {
    if (parent !== null && !byCode.has(parent))
      problems.push({
        line,
        column: 'parent',
        problem: `There is no organisation ${JSON.stringify(parent)} in this file.`,
      });
  }
  for (const circle of circles(byCode))
    for (const [i, { line }] of circle.entries())
      problems.push({ line, column: 'parent', problem: circleText(circle, i) });
  return problems;
}

/** Each circle of parents once. Every organisation is walked over once, however long its line of ancestors is. */
function circles(byCode: ReadonlyMap<string, Lined<OrganisationRow>>): readonly (readonly Lined<OrganisationRow>[])[] {
  const found: (readonly Lined<OrganisationRow>[])[] = [];
  const walked = new Set<string>();
  for (const start of byCode.values()) {
    const path: Lined<OrganisationRow>[] = [];
    const onPath = new Map<string, number>();
    for (let at: Lined<OrganisationRow> | undefined = start; at; at = byCode.get(at.parent ?? '')) {
      const since = onPath.get(at.code);
      if (since !== undefined) found.push(path.slice(since));
      if (walked.has(at.code)) break;
      walked.add(at.code);
      onPath.set(at.code, path.length);
      path.push(at);
    }
  }
  return found;
}

function circleText(circle: readonly Lined<OrganisationRow>[], from: number): string {
  const codeAt = (i: number): string => (circle[(from + i) % circle.length] as Lined<OrganisationRow>).code;
  if (circle.length === 1) return `${codeAt(0)} is its own parent.`;
  const isLong = circle.length > codesTold;
  const told = Array.from({ length: isLong ? codesTold - 1 : circle.length }, (_, i) => codeAt(i));
  return `${codeAt(0)} is above itself: ${[...told, ...(isLong ? ['…'] : []), codeAt(0)].join(' < ')}.`;
}
