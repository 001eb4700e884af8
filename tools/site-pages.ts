/**
 * Which pages the site has, where each lies in it, and in which order a reader meets them: docs/README.md is that order, its
 * headings the parts, its lists the pages.
 */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pagesOfOurs } from './references.ts';
import { root } from './project.ts';

export interface Entry {
  readonly title: string;
  /** From the root of the project, as all paths here: `docs/estate.md`. */
  readonly path: string;
}

export interface Part {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** The page that leads to all others. */
export const indexPage = 'docs/README.md';

/** Pages of the site: all that we write for people, but what concerns the labs only. */
export function sitePages(): readonly string[] {
  return pagesOfOurs().filter((path) => !path.startsWith('labs/'));
}

export function readPage(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The parts of docs/README.md with the pages that it lists in each. */
export function partsOf(index: string): readonly Part[] {
  return index
    .split(/^## /m)
    .slice(1)
    .map((part) => ({
      title: part.slice(0, part.indexOf('\n')).trim(),
      entries: [...part.matchAll(/^- \[([^\]]+)\]\(([^)#]+)\)/gm)].map(([, title = '', to = '']) => ({
        title,
        path: join(dirname(indexPage), to),
      })),
    }));
}

/** Pages that no part lists, decisions aside, which have an index of their own. */
export function unlisted(pages: readonly string[], parts: readonly Part[]): readonly string[] {
  const listed = new Set(parts.flatMap(({ entries }) => entries.map(({ path }) => path)));
  return pages.filter((path) => path !== indexPage && !listed.has(path) && !/^docs\/decisions\/\d/.test(path));
}

/** Where a file of the project lies in the site: a page becomes HTML, a README the index of its folder, all else is itself. */
export function placeOf(path: string): string {
  return path.replace(/(^|\/)README\.md$/, '$1index.html').replace(/\.md$/, '.html');
}

/** What `to`, written on `page`, leads to from the root, of a folder its README, there or not; null where it is no file of ours. */
export function targetOf(page: string, to: string): { readonly path: string; readonly anchor: string } | null {
  if (/^[a-z][a-z+.-]*:/i.test(to)) return null;
  const [file = '', anchor = ''] = to.split('#');
  const path = file === '' ? page : join(dirname(page), decodeURIComponent(file));
  return { path: isFolder(path) ? join(path, 'README.md') : path, anchor };
}

export function isFolder(path: string): boolean {
  return existsSync(join(root, path)) && statSync(join(root, path)).isDirectory();
}

/** The address of `to` as it is written on `page`. */
export function addressFrom(page: string, to: string): string {
  return relative(dirname(placeOf(page)), placeOf(to));
}
