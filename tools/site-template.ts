/**
 * How a page of the site looks: one template, one stylesheet, no script. Landmarks for who listens, dark or light as the reader's
 * machine has it, and contrasts of at least 7 to 1 for text (WCAG 2.2 §1.4.6).
 */

import { addressFrom, indexPage, type Part } from './site-pages.ts';
import { escaped, type Rendered } from './site-markdown.ts';

export interface Framed {
  /** From the root: `docs/estate.md`. */
  readonly path: string;
  readonly content: Rendered;
  readonly parts: readonly Part[];
}

export const stylesheet = `:root {
  color-scheme: light dark;
  --ground: #ffffff; --ink: #1b1f23; --quiet: #3d4650; --line: #c9d0d6; --code: #f3f5f7; --link: #0b4a8f; --here: #e4edf6;
}
@media (prefers-color-scheme: dark) {
  :root { --ground: #14181c; --ink: #e8ecef; --quiet: #bcc5cd; --line: #3a434c; --code: #1d2329; --link: #9ecbff; --here: #22303f; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; }
a { color: var(--link); }
a:focus-visible, pre:focus-visible, .wide:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--ground); padding: .5rem; }
header { border-bottom: 1px solid var(--line); padding: .75rem 1.5rem; font-weight: 600; }
header a { color: var(--ink); text-decoration: none; }
.frame { display: grid; grid-template-columns: 17rem minmax(0, 1fr); max-width: 82rem; }
nav.site { padding: 1rem 1.5rem; border-right: 1px solid var(--line); font-size: .93rem; }
nav.site h2 { font-size: .93rem; margin: 1.2rem 0 .3rem; border: 0; color: var(--quiet); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: block; padding: .15rem .4rem; text-decoration: none; border-radius: .2rem; }
nav li a:hover { text-decoration: underline; }
nav [aria-current] { background: var(--here); font-weight: 600; }
main { padding: 1rem 2rem 4rem; max-width: 62rem; }
nav.page { border: 1px solid var(--line); border-radius: .3rem; padding: .6rem 1rem; margin: 1rem 0 2rem; }
nav.page .deeper { padding-left: 1.2rem; }
summary { cursor: pointer; font-weight: 600; }
h1, h2, h3, h4 { line-height: 1.25; margin: 2rem 0 .6rem; }
h1 { margin-top: .8rem; }
h2 { border-bottom: 1px solid var(--line); padding-bottom: .2rem; }
.self { text-decoration: none; color: var(--quiet); font-weight: 400; }
pre, .wide { overflow-x: auto; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: .3rem; padding: .8rem 1rem; line-height: 1.45; }
code { font-family: ui-monospace, monospace; font-size: .92em; background: var(--code); overflow-wrap: break-word; }
pre code { background: none; overflow-wrap: normal; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top; }
th { background: var(--code); }
.order { display: flex; justify-content: space-between; gap: 1rem; border-top: 1px solid var(--line); margin-top: 3rem; padding-top: 1rem; }
footer { border-top: 1px solid var(--line); padding: 1rem 1.5rem; color: var(--quiet); font-size: .9rem; }
@media (max-width: 56rem) {
  .frame { display: block; }
  nav.site { border-right: 0; border-bottom: 1px solid var(--line); }
  main { padding: 1rem; }
}
@media print { nav, header, .skip, .self, .order { display: none; } }
`;

/** A whole document. The same page gives the same octets: no date, no chance. */
export function framed({ path, content, parts }: Framed): string {
  const to = (other: string) => escaped(addressFrom(path, other));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(content.title)}${content.title === 'Godwit' ? '' : ' – Godwit'}</title>
<link rel="stylesheet" href="${to('site.css')}">
</head>
<body>
<a class="skip" href="#content">To the content</a>
<header><a href="${to('README.md')}">Godwit</a> · <a href="${to(indexPage)}">All pages</a></header>
<div class="frame">
<nav class="site" aria-label="All pages">
${parts.map((part) => navigation(part, path)).join('\n')}
</nav>
<main id="content">
${withContents(content)}${neighbours(path, parts)}</main>
</div>
<footer>Made from the pages in <code>docs/</code> by <code>npm run docs:site</code>. Apache-2.0.</footer>
</body>
</html>
`;
}

function navigation({ title, entries }: Part, path: string): string {
  const items = entries.map((entry) => {
    const here = entry.path === path ? ' aria-current="page"' : '';
    return `<li><a href="${escaped(addressFrom(path, entry.path))}"${here}>${escaped(entry.title)}</a></li>`;
  });
  return `<h2>${escaped(title)}</h2>\n<ul>\n${items.join('\n')}\n</ul>`;
}

/** The page with what stands on it behind its title, where that is more than fits on a screen. */
function withContents({ html, headings }: Rendered): string {
  const below = headings.filter(({ depth }) => depth === 2 || depth === 3);
  if (below.length < 4) return html;
  const items = below.map(
    ({ text, anchor, depth }) =>
      `<li${depth === 3 ? ' class="deeper"' : ''}><a href="#${anchor}">${escaped(text)}</a></li>`,
  );
  const open = below.length <= 30 ? ' open' : '';
  const contents = `<nav class="page" aria-label="On this page"><details${open}><summary>On this page</summary>\n<ul>\n${items.join('\n')}\n</ul>\n</details></nav>\n`;
  return html.replace('</h1>\n', () => `</h1>\n${contents}`);
}

/** The page before and the page behind, in the order of the reader. */
function neighbours(path: string, parts: readonly Part[]): string {
  const all = parts.flatMap(({ entries }) => entries);
  const at = all.findIndex((entry) => entry.path === path);
  if (at < 0) return '';
  const link = (entry: (typeof all)[number] | undefined, word: string, rel: string) =>
    entry
      ? `<a rel="${rel}" href="${escaped(addressFrom(path, entry.path))}">${word} ${escaped(entry.title)}</a>`
      : '<span></span>';
  return `<nav class="order" aria-label="Before and behind">${link(all[at - 1], 'Before:', 'prev')}${link(all[at + 1], 'Next:', 'next')}</nav>\n`;
}
