import { expect, test } from 'vitest';
import { citationsOf, rfcCoverage } from './rfc-index.ts';

const places = (text: string) =>
  citationsOf({ path: 'src/x.ts', text }).map(({ rfc, section, line }) => `${line}: ${rfc} ${section ?? '-'}`);

test('a place of a standard is found with its section and line', () => {
  expect(places('// one\n// as RFC 9051 §7.5.2 asks, and RFC 7888.')).toEqual(['2: 9051 7.5.2', '2: 7888 -']);
});

test('several sections of one document are several places', () => {
  expect(places('/** RFC 7162 §3.2.5, §3.2.10 and §7 */')).toEqual(['1: 7162 3.2.5', '1: 7162 3.2.10', '1: 7162 7']);
});

test('the page sorts documents and sections by number and tells code from tests', () => {
  const page = rfcCoverage([
    { path: 'src/b.ts', text: '// RFC 9051 §7.10\n// RFC 9051 §7.2\n// RFC 3502' },
    { path: 'src/b.test.ts', text: '// RFC 9051 §7.2' },
    { path: 'labs/c.ts', text: '// RFC 9051 §9' },
  ]);
  expect(page.split('\n').filter((line) => line.startsWith('## ') || line.startsWith('| §'))).toEqual([
    '## RFC 3502: IMAP MULTIAPPEND',
    '## RFC 9051: IMAP4rev2',
    '| §7.2 | src/b.ts:2 | src/b.test.ts:1 |',
    '| §7.10 | src/b.ts:1 |  |',
  ]);
});
