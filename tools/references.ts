/**
 * Sees that what our pages point at is there: every path of ours in backticks and every link to a file; every test named after one, in the form
 * `src/sync/copy.test.ts` “a crash leaves one copy, not two”; every flag of the command line; and that every quirk of
 * docs/quirks.md has a test or says why it has none.
 */

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as ofAccess from '#cli/access-flags.ts';
import * as declared from '#cli/flags.ts';
import * as ofEvidence from '#cli/evidence-flags.ts';
import * as ofTheTail from '#cli/tail-flags.ts';
import { root } from './project.ts';

export interface Reference {
  readonly path: string;
  /** The name of a test that the file should hold, or null. */
  readonly test: string | null;
  readonly line: number;
}

/** What one page points at. Paths with a wildcard or a placeholder are not meant literally. */
export function referencesOf(page: string): readonly Reference[] {
  const form = /`((?:src|labs|bench|tools|docs|\.ci)\/[\w./-]*[\w/])(?::\d+)?`(?:[ \n]+“([^”]+)”)?/g;
  return [...page.matchAll(form)].map((match) => ({
    path: match[1] as string,
    test: match[2]?.replaceAll(/\s+/g, ' ') ?? null,
    line: lineAt(page, match.index),
  }));
}

/** Files of ours that a page in `folder` links to. */
export function linksOf(page: string, folder: string): readonly Reference[] {
  return [...page.matchAll(/\]\(((?!\w+:|#)[^)\s]+)\)/g)].map((match) => ({
    path: join(folder, (match[1] as string).replace(/#.*/, '')),
    test: null,
    line: lineAt(page, match.index),
  }));
}

function lineAt(page: string, index: number): number {
  return page.slice(0, index).split('\n').length;
}

/** The pages that we write for people, by their paths from the root. */
export function pagesOfOurs(): readonly string[] {
  return globSync(['*.md', '{bench,deploy,docs,labs}/**/*.md'], { cwd: root }).toSorted();
}

/** Everything in our pages that leads nowhere. */
export function deadReferences(): readonly string[] {
  const pages = pagesOfOurs();
  const flags = pages
    .filter((page) => page !== 'CONTRIBUTING.md' && !/^(?:docs\/decisions|bench|labs)\//.test(page))
    .flatMap((page) =>
      unknownFlags(readFileSync(join(root, page), 'utf8')).map((flag) => `${page}: there is no ${flag}`),
    );
  const quirks = 'docs/quirks.md';
  const unshown = existsSync(join(root, quirks)) ? unshownQuirks(readFileSync(join(root, quirks), 'utf8')) : [];
  return [...deadPaths(pages), ...flags, ...unshown.map((quirk) => `${quirks}: nothing shows “${quirk}”`)];
}

/** Programs whose flags are their own. */
const others =
  /\b(?:npm run \S+ -- |node docs\/\S+ |(?:systemctl|journalctl|curl|docker|helm|kubectl|pg_dump|pg_restore) )(?:\\\n|[^`\n])*/g;

/** Flags that a page speaks of and no command has; those of `npm run` belong to the benches and labs. */
export function unknownFlags(page: string): readonly string[] {
  const known = new Set([
    ...[declared, ofTheTail, ofAccess, ofEvidence]
      .flatMap(Object.values)
      .flatMap((flags: object) => Object.keys(flags)),
    'help',
    'version',
    'seeds',
  ]);
  const kebab = new Set([...known].map((name) => name.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)));
  const spoken = [...page.replaceAll(others, '').matchAll(/(?<![\w-])--([a-z][a-z-]*[a-z])/g)].map(
    (match) => match[1] as string,
  );
  return [...new Set(spoken)].filter((flag) => !kebab.has(flag)).map((flag) => `--${flag}`);
}

/** Rows of a table of quirks whose last cell neither names a test nor says why there is none. */
export function unshownQuirks(page: string): readonly string[] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .filter((cells) => cells.at(-2) !== 'shown by')
    .filter((cells) => !/(?:\.test|\/conformance)\.ts`|^No test: /.test(cells.at(-2) ?? ''))
    .map((cells) => cells[1] as string);
}

function deadPaths(pages: readonly string[]): readonly string[] {
  const texts = new Map<string, string>();
  const textOf = (path: string) => {
    const text = texts.get(path) ?? readFileSync(join(root, path), 'utf8');
    texts.set(path, text);
    return text;
  };
  return pages.flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8');
    return [...referencesOf(text), ...linksOf(text, dirname(page))].flatMap(({ path, test, line }) => {
      if (!existsSync(join(root, path))) return [`${page}:${line}: ${path} is not there`];
      if (test !== null && !holdsTest(textOf(path), test)) return [`${page}:${line}: ${path} has no test “${test}”`];
      return [];
    });
  });
}

/** Whether a test of that name stands in the source of a test file, quotes inside it escaped or not. */
function holdsTest(source: string, name: string): boolean {
  return source.replaceAll(/\\(['"`])/g, '$1').includes(name);
}
