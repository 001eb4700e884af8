import { expect, test } from 'vitest';
import { linksOf, referencesOf, unknownFlags, unshownQuirks } from './references.ts';

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

test('a link is followed from the page it stands on; other sites and anchors are not followed', () => {
  expect(linksOf('[a](../x.md#part) [b](https://x.example/y) [c](#here)', 'docs/decisions')).toEqual([
    { path: 'docs/x.md', test: null, line: 1 },
  ]);
});

test('a flag that no command has is named', () => {
  expect(unknownFlags('`--dry-run`, --source-secret, --sourcesecret and an -- alone')).toEqual(['--sourcesecret']);
  expect(unknownFlags('`npm run bench -- copy --rounds 3`, and --dry-run')).toEqual([]);
});

test('a quirk without a test, and without a word on why there is none, is named', () => {
  const page = [
    '| quirk | what Godwit does | shown by |',
    '| --- | --- | --- |',
    '| lies | x | `src/a.test.ts` “y” |',
    '| hides | x | No test: it hides. |',
    '| sleeps | x | soon |',
  ].join('\n');
  expect(unshownQuirks(page)).toEqual(['sleeps']);
});
