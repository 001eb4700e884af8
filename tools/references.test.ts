import { expect, test } from 'vitest';
import { referencesOf } from './references.ts';

test('a page that names a file and a test of it is held to both', () => {
  const page = 'See `src/a/b.test.ts` “one copy,\nnot two”, `docs/x.md` and\n`npm run docs`.';
  expect(referencesOf(page)).toEqual([
    { path: 'src/a/b.test.ts', test: 'one copy, not two', line: 1 },
    { path: 'docs/x.md', test: null, line: 2 },
  ]);
});

test('a path with a placeholder is not meant literally', () => {
  expect(referencesOf('`src/<folder>/x.ts` and `src/*/x.ts` and `/etc/passwd`')).toEqual([]);
});
