import { expect, test } from 'vitest';
import { treeProblems } from './organisation-tree.ts';

/** Organisations as `code<parent`, in lines from 2 on. */
function problemsOf(...organisations: readonly string[]): readonly string[] {
  const rows = organisations.map((text, i) => {
    const [code = '', parent] = text.split('<');
    return { line: i + 2, code, name: code, parent: parent ?? null };
  });
  return treeProblems(rows).map(({ line, column, problem }) => `${line}:${column}: ${problem}`);
}

test('a forest has nothing wrong with it, whatever the order of its lines', () => {
  expect(problemsOf('B<A', 'C<B', 'A', 'D<A', 'X')).toEqual([]);
  expect(problemsOf()).toEqual([]);
});

test('a code that stands twice is told with the line of the first', () => {
  expect(problemsOf('A', 'B', 'A', 'A')).toEqual([
    '4:code: The code "A" stands in line 2 already.',
    '5:code: The code "A" stands in line 2 already.',
  ]);
});

test('a parent that is not there is told where it is named', () => {
  expect(problemsOf('A<Z', 'B<A')).toEqual(['2:parent: There is no organisation "Z" in this file.']);
});

test('a cycle of parents is told in each of its lines, and not in those below it', () => {
  expect(problemsOf('A<A')).toEqual(['2:parent: A is its own parent.']);
  expect(problemsOf('X<A', 'A<B', 'B<C', 'C<A', 'D', 'E<F', 'F<E')).toEqual([
    '3:parent: A is above itself: A < B < C < A.',
    '4:parent: B is above itself: B < C < A < B.',
    '5:parent: C is above itself: C < A < B < C.',
    '7:parent: E is above itself: E < F < E.',
    '8:parent: F is above itself: F < E < F.',
  ]);
});

test('a circle of twenty thousand is found at once and told in short', () => {
  const count = 20_000;
  const found = problemsOf(...Array.from({ length: count }, (_, i) => `O${i}<O${(i + 1) % count}`));
  expect(found).toHaveLength(count);
  expect(found[0]).toBe('2:parent: O0 is above itself: O0 < O1 < O2 < O3 < O4 < … < O0.');
});
