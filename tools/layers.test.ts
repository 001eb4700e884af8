import { expect, test } from 'vitest';
import { arrowsOf, complaintsOf, picture } from './layers.ts';

const runtime = new Set(['pino', '@clack/prompts']);
const says = (path: string, text: string) => complaintsOf({ path, text }, runtime).map((complaint) => complaint.says);

test('an engine that learns of a platform is named, with the line', () => {
  const file = { path: 'src/sync/copy.ts', text: "// a line\nimport { open } from '#connectors/imap/source.ts';\n" };
  expect(complaintsOf(file, runtime)).toEqual([
    { at: 'src/sync/copy.ts:2', says: 'sync/ must not know connectors/ (#connectors/imap/source.ts)' },
  ]);
});

test('domain and protocols know nobody, not even each other', () => {
  expect(says('src/domain/plan.ts', "import type { X } from '#protocols/imap/index.ts';")).toHaveLength(1);
  expect(says('src/protocols/imap/reader.ts', "import type { X } from '#domain/item.ts';")).toHaveLength(1);
  expect(says('src/protocols/imap/reader.ts', "import type { X } from '#lib/log.ts';")).toEqual([]);
});

test('a decision that reads a file or a clock is named', () => {
  expect(says('src/domain/plan.ts', "import { readFile } from 'node:fs/promises';")).toHaveLength(1);
  expect(says('src/domain/plan.ts', "import { createHmac } from 'node:crypto';")).toEqual([]);
  expect(says('src/domain/plan.ts', "import { isIP, isIPv6 } from 'node:net';")).toEqual([]);
  expect(says('src/domain/plan.ts', "import { connect, isIP } from 'node:net';")).toHaveLength(1);
});

test('two platforms do not know each other, two files of one platform do', () => {
  const from = 'src/connectors/imap/source.ts';
  expect(says(from, "import { a } from '../memory/platform.ts';")).toEqual([
    'connectors/imap must not know connectors/memory',
  ]);
  expect(says(from, "import { a } from './target.ts';")).toEqual([]);
});

test('nobody imports app, and app imports everyone', () => {
  expect(says('src/cli/copy.ts', "import { settings } from '#app/settings.ts';")).toHaveLength(1);
  expect(
    says('src/app/main.ts', "import { a } from '#connectors/imap/source.ts';\nimport { b } from '#sync/copy.ts';"),
  ).toEqual([]);
});

test('an import of a type, of everything, over many lines, or at run time is seen as well', () => {
  const text = [
    'import type {',
    '  A,',
    "} from '#domain/item.ts';",
    "import * as imap from '#protocols/imap/index.ts';",
    "export { b } from './b.ts';",
    "const late = await import('#sync/late.ts');",
    "type T = import('#ports/ledger.ts').Ledger;",
    " * import { no } from '#app/not-really.ts';",
    "// import { no } from '#app/not-really.ts';",
  ].join('\n');
  expect(arrowsOf({ path: 'src/app/x.ts', text }).map(({ line, to }) => [line, to])).toEqual([
    [3, 'src/domain/item.ts'],
    [4, 'src/protocols/imap/index.ts'],
    [5, 'src/app/b.ts'],
    [6, 'src/sync/late.ts'],
    [7, 'src/ports/ledger.ts'],
  ]);
});

test('a folder that nobody has placed on the map is named', () => {
  expect(says('src/helpers/x.ts', "import { a } from '#domain/item.ts';")).toHaveLength(1);
});

test('a package that a release would not bring is named, in a test it is welcome', () => {
  expect(says('src/cli/x.ts', "import fc from 'fast-check';")).toEqual([
    'fast-check is not among the dependencies of package.json',
  ]);
  expect(says('src/cli/x.ts', "import { text } from '@clack/prompts/deep';")).toEqual([]);
  expect(says('src/cli/x.test.ts', "import fc from 'fast-check';")).toEqual([]);
});

test('a path climbed by dots across folders is named', () => {
  expect(says('src/ports/mailbox.ts', "import type { A } from '../domain/item.ts';")).toEqual([
    "across folders we write '#domain/item.ts', not '../domain/item.ts'",
  ]);
});

test('the picture shows who calls on whom', () => {
  const files = [
    { path: 'src/ports/a.ts', text: "import type { X } from '#domain/x.ts';" },
    { path: 'src/domain/x.ts', text: 'export type X = 1;' },
    { path: 'src/ports/a.test.ts', text: "import { m } from '#connectors/memory/m.ts';" },
  ];
  expect(picture(files)).toBe('ports   → domain\ndomain  .');
});
