/**
 * Sees that what our pages point at is there: every path of ours in backticks, and every test named after one, in the
 * form `src/sync/copy.test.ts` “a crash leaves one copy, not two”.
 */

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
    line: page.slice(0, match.index).split('\n').length,
  }));
}

/** Every reference of our pages that leads nowhere. */
export function deadReferences(): readonly string[] {
  const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).toSorted();
  const texts = new Map<string, string>();
  const textOf = (path: string) => {
    const text = texts.get(path) ?? readFileSync(join(root, path), 'utf8');
    texts.set(path, text);
    return text;
  };
  return pages.flatMap((page) =>
    referencesOf(readFileSync(join(root, page), 'utf8')).flatMap(({ path, test, line }) => {
      if (!existsSync(join(root, path))) return [`${page}:${line}: ${path} is not there`];
      if (test !== null && !holdsTest(textOf(path), test)) return [`${page}:${line}: ${path} has no test “${test}”`];
      return [];
    }),
  );
}

/** Whether a test of that name stands in the source of a test file, quotes inside it escaped or not. */
function holdsTest(source: string, name: string): boolean {
  return source.replaceAll(/\\(['"`])/g, '$1').includes(name);
}
