/** Whoever reads the documentation as a site gets everywhere, with keyboard, ears or eyes, and finds nothing dead. */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { root } from './project.ts';
import { buildSite } from './site.ts';
import { render } from './site-markdown.ts';
import { partsOf, placeOf, unlisted } from './site-pages.ts';

const site = buildSite();
const documents = [...site.files]
  .filter(([path]) => path.endsWith('.html'))
  .map(([path, html]) => [path, String(html)] as const);

test('every link and every anchor of our pages leads somewhere, and the index leads to every page', () => {
  expect(site.problems).toEqual([]);
});

test('from the first page every other one can be reached, and every address in the site is there', () => {
  const html = new Map(documents);
  const seen = new Set(['index.html']);
  for (const page of seen)
    for (const [, address = ''] of (html.get(page) ?? '').matchAll(/(?:href|src)="([^"]+)"/g)) {
      if (/^[a-z]+:/.test(address)) continue;
      const [file = '', anchor = ''] = address.split('#');
      const to = file === '' ? page : join(dirname(page), file);
      expect(site.files.has(to), `${page} leads to ${to}`).toBe(true);
      if (anchor !== '') expect(html.get(to), `${page} leads to ${address}`).toContain(` id="${anchor}"`);
      seen.add(to);
    }
  expect([...seen].toSorted()).toEqual([...site.files.keys()].toSorted());
});

test('made again, the site is the same to the octet', () => {
  expect([...buildSite().files]).toEqual([...site.files]);
});

test.each(documents)(
  '%s can be found one’s way in without eyes: one title, headings in order, landmarks, names for what scrolls',
  (_, html) => {
    expect(html.match(/<h1[ >]/g)).toHaveLength(1);
    const main = html.slice(html.indexOf('<main'), html.indexOf('</main>'));
    const depths = [...main.matchAll(/<h([1-6])[ >]/g)].map(([, depth]) => Number(depth));
    // A heading is at most one deeper than the one before it (WCAG 2.2 §1.3.1).
    for (const [at, depth] of depths.entries()) expect(depth - (depths[at - 1] ?? 0)).toBeLessThanOrEqual(1);
    for (const landmark of [
      '<header',
      '<nav class="site" aria-label=',
      '<main id="content"',
      '<footer',
      '<html lang="en">',
    ])
      expect(html).toContain(landmark);
    expect(html).toContain('<a class="skip" href="#content">');
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(html).not.toMatch(/<script|<style|(?:src|href)="https?:[^"]*\.(?:css|js|woff2?)"/);
    expect(html.match(/<table>/g)?.length ?? 0).toBe(
      html.match(/role="region" aria-label="Table"><table>/g)?.length ?? 0,
    );
  },
);

test('text stands out from its ground by 7 to 1, by day and by night', () => {
  const css = String(site.files.get('site.css'));
  const grounds = [
    ...css.matchAll(
      /--ground: (#\w{6}); --ink: (#\w{6}); --quiet: (#\w{6}); --line: #\w{6}; --code: (#\w{6}); --link: (#\w{6}); --here: (#\w{6})/g,
    ),
  ];
  expect(grounds).toHaveLength(2);
  for (const [, ground = '', ink = '', quiet = '', code = '', link = '', here = ''] of grounds) {
    for (const [text, behind] of [
      [ink, ground],
      [quiet, ground],
      [link, ground],
      [ink, code],
      [link, here],
    ] as const)
      expect(contrast(text, behind), `${text} on ${behind}`).toBeGreaterThanOrEqual(7);
  }
});

test('a page that nothing leads to, a dead link and a dead anchor are each named', () => {
  const { links } = render('docs/a.md', '# A\n[b](b.md#part) [c](../README.md) [d](https://x.example) [e](#a)');
  expect(links.map(({ path, anchor }) => [path, anchor])).toEqual([
    ['docs/b.md', 'part'],
    ['README.md', ''],
    ['docs/a.md', 'a'],
  ]);
  const parts = partsOf('# All\n\n## One\n\n- [A](a.md): the first\n- [R](../README.md)\n');
  expect(unlisted(['docs/a.md', 'docs/b.md', 'README.md', 'docs/decisions/0001-x.md'], parts)).toEqual(['docs/b.md']);
});

test('what a page quotes is shown and never taken for HTML', () => {
  const { html } = render(
    'docs/a.md',
    '# A\n\n`<b>` <script>alert(1)</script>\n\n```\n<i>\n```\n\n<!-- measured -->\n',
  );
  expect(html).not.toMatch(/<script|<b>|<i>|measured/);
  expect(html).toContain('&lt;script&gt;');
});

test('a README is the index of its folder', () => {
  expect(['README.md', 'docs/README.md', 'docs/x.md', 'docs/x.schema.json'].map(placeOf)).toEqual([
    'index.html',
    'docs/index.html',
    'docs/x.html',
    'docs/x.schema.json',
  ]);
});

test('a folder with other things in it is not cleared for the site', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-site-'));
  try {
    await writeFile(join(folder, 'mine.txt'), 'mine');
    const tool = [join(root, 'tools/site.ts'), folder];
    await expect(promisify(execFile)(process.execPath, tool)).rejects.toMatchObject({ code: 1 });
    expect(await readFile(join(folder, 'mine.txt'), 'utf8')).toBe('mine');
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** The ratio of WCAG 2.2, “contrast ratio”. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
