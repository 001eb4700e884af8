/**
 * A page of ours from Markdown into HTML, as GitHub would show it: the same anchors, links to the other pages of the site, and
 * each page with one heading of the first order.
 */

import { Marked, type Tokens } from 'marked';
import { addressFrom, targetOf } from './site-pages.ts';

export interface Heading {
  readonly depth: number;
  readonly text: string;
  readonly anchor: string;
}

export interface Link {
  readonly to: string;
  readonly path: string;
  readonly anchor: string;
}

export interface Rendered {
  readonly title: string;
  readonly html: string;
  readonly headings: readonly Heading[];
  /** Those that lead to files of ours. */
  readonly links: readonly Link[];
}

/** `page` is where the text lies, from the root: what its links are read from. */
export function render(page: string, markdown: string): Rendered {
  const headings: Heading[] = [];
  const links: Link[] = [];
  const anchors = new Anchors();
  let titles = 0;
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      heading({ tokens, depth, text }: Tokens.Heading) {
        const anchor = anchors.next(plain(text));
        // Several of the first order stand on some pages; the first is what the page is called.
        if (depth === 1) titles++;
        const shown = titles > 1 ? Math.min(depth + 1, 6) : depth;
        headings.push({ depth: shown, text: plain(text), anchor });
        const self =
          shown > 1 ? ` <a class="self" href="#${anchor}" aria-label="Link to: ${escaped(plain(text))}">#</a>` : '';
        return `<h${shown} id="${anchor}">${this.parser.parseInline(tokens)}${self}</h${shown}>\n`;
      },
      link({ href, tokens }: Tokens.Link) {
        const target = targetOf(page, href);
        if (target) links.push({ to: href, ...target });
        const address = target ? addressFrom(page, target.path) + (target.anchor && `#${target.anchor}`) : href;
        return `<a href="${escaped(address)}">${this.parser.parseInline(tokens)}</a>`;
      },
      // A wide block or table scrolls by itself, by keyboard too, and the page stays as wide as the screen.
      code({ text }: Tokens.Code) {
        return `<pre tabindex="0"><code>${escaped(text)}\n</code></pre>\n`;
      },
      table(token: Tokens.Table) {
        const row = (cells: readonly Tokens.TableCell[], tag: string) =>
          `<tr>${cells.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join('')}</tr>\n`;
        const body = token.rows.map((cells) => row(cells, 'td')).join('');
        const isNamed = token.header.some(({ text }) => text !== '');
        const head = isNamed
          ? `<thead>${row(token.header, 'th scope="col"').replaceAll('</th scope="col">', '</th>')}</thead>`
          : '';
        return `<div class="wide" tabindex="0" role="region" aria-label="Table"><table>${head}<tbody>${body}</tbody></table></div>\n`;
      },
      // Comments tell us where figures come from; nothing else of HTML is in our pages.
      html({ text }: Tokens.HTML | Tokens.Tag) {
        return text.startsWith('<!--') ? '' : escaped(text);
      },
    },
  });
  const html = marked.parse(markdown, { async: false });
  return { title: headings[0]?.text ?? page, html, headings, links };
}

/** Anchors as GitHub makes them, a second of one name numbered. */
class Anchors {
  readonly #seen = new Map<string, number>();

  next(heading: string): string {
    const name = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    const before = this.#seen.get(name);
    this.#seen.set(name, (before ?? 0) + 1);
    return before === undefined ? name : `${name}-${before}`;
  }
}

/** A heading without the marks of Markdown in it. */
function plain(text: string): string {
  return text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, '');
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
