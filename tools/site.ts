/**
 * Makes the documentation a site: plain HTML, readable without a script, from any web server or from the disk.
 *
 *     npm run docs:site                 into dist/site; names what leads nowhere, exit 1 if anything does
 *     npm run docs:site -- FOLDER       into another folder
 */

import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isMain, root } from './project.ts';
import { indexPage, isFolder, partsOf, placeOf, readPage, sitePages, unlisted } from './site-pages.ts';
import { escaped, render, type Rendered } from './site-markdown.ts';
import { framed, stylesheet } from './site-template.ts';

export interface Site {
  /** What each file of the site holds, by where it lies in it. */
  readonly files: ReadonlyMap<string, string | Buffer>;
  /** Links and anchors that lead nowhere, and pages to which nothing leads. */
  readonly problems: readonly string[];
}

/** The whole site in memory: some megabytes. */
export function buildSite(): Site {
  const pages = new Map(sitePages().map((path) => [path, render(path, readPage(path))] as const));
  const parts = partsOf(readPage(indexPage));
  const files = new Map<string, string | Buffer>([['site.css', stylesheet]]);
  for (const [path, content] of pages) files.set(placeOf(path), framed({ path, content, parts }));
  for (const path of linkedFiles(pages)) {
    const folder = folderOf(path);
    if (folder === null) {
      if (existsSync(join(root, path))) files.set(path, readFileSync(join(root, path)));
      continue;
    }
    const names = filesIn(folder);
    for (const name of names) files.set(join(folder, name), readFileSync(join(root, folder, name)));
    files.set(placeOf(path), framed({ path, content: listing(folder, names), parts }));
  }
  const problems = [
    ...deadLinks(pages),
    ...unlisted([...pages.keys()], parts).map((path) => `${path}: ${indexPage} does not lead to it`),
  ];
  return { files, problems };
}

/** Files and folders that pages link to and that are no pages: schemas, configurations to begin with. */
function linkedFiles(pages: ReadonlyMap<string, Rendered>): readonly string[] {
  const linked = [...pages.values()].flatMap(({ links }) => links.map(({ path }) => path));
  return [...new Set(linked)].filter((path) => !pages.has(path)).toSorted();
}

function deadLinks(pages: ReadonlyMap<string, Rendered>): readonly string[] {
  const dead: string[] = [];
  for (const [page, { links }] of pages)
    for (const { to, path, anchor } of links) {
      const target = pages.get(path);
      if (!target && !existsSync(join(root, path)) && folderOf(path) === null) dead.push(`${page}: ${to} is not there`);
      else if (anchor !== '' && !target?.headings.some((heading) => heading.anchor === anchor))
        dead.push(`${page}: ${to} has no such heading`);
    }
  return dead;
}

/** The folder that a link leads to which has no page of its own; null where it leads to a file. */
function folderOf(path: string): string | null {
  const folder = dirname(path);
  return path.endsWith('/README.md') && !existsSync(join(root, path)) && isFolder(folder) ? folder : null;
}

function filesIn(folder: string): readonly string[] {
  return globSync('*', { cwd: join(root, folder) })
    .filter((name) => statSync(join(root, folder, name)).isFile())
    .toSorted();
}

function listing(folder: string, names: readonly string[]): Rendered {
  const items = names.map((name) => `<li><a href="${escaped(name)}">${escaped(name)}</a></li>`);
  return {
    title: folder,
    html: `<h1>${escaped(folder)}</h1>\n<ul>\n${items.join('\n')}\n</ul>\n`,
    headings: [],
    links: [],
  };
}

async function writeSite(folder: string, { files }: Site): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const [path, content] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

if (isMain(import.meta.url)) {
  const folder = resolve(root, process.argv[2] ?? 'dist/site');
  const site = buildSite();
  for (const problem of site.problems) console.log(problem);
  // Somebody's folder with other things in it is not cleared.
  if (existsSync(folder) && !existsSync(join(folder, 'site.css'))) {
    console.log(`${folder} is there and no site of ours: name another folder, or remove it`);
    process.exitCode = 1;
  } else {
    await writeSite(folder, site);
    console.log(`${site.files.size} files in ${folder}; begin with index.html`);
    if (site.problems.length > 0) process.exitCode = 1;
  }
}
