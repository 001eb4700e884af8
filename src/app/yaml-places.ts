/** YAML that remembers where everything stands, so that a problem can be told with its line and column. */

import { type Document, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';

export interface Spot {
  readonly line: number;
  readonly column: number;
}

/** From the top down: keys of mappings, and positions in lists. */
export type Path = readonly (string | number)[];

export interface Yaml {
  /** Plain data; null where nothing stands in the file or it cannot be read at all. */
  readonly value: unknown;
  readonly flaws: readonly { readonly says: string; readonly spot: Spot }[];
  /** Where the value at `path` stands, else what it should stand in. */
  spotOf(path: Path): Spot;
  /** Where the last key of `path` stands. */
  spotOfKey(path: Path): Spot;
}

/** Reads `text`. Nothing is thrown: what is wrong with its form is told in `flaws`. */
export function readYaml(text: string): Yaml {
  const lines = new LineCounter();
  const spotAt = (offset: number): Spot => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const flaws = [...document.errors, ...document.warnings].map(({ code, pos }) => ({
    says: flawOf(code),
    spot: spotAt(pos[0]),
  }));
  visit(document, {
    // Nobody needs references here, and a glob that lost its quotes would be one.
    Alias: (_, { range }) => {
      flaws.push({ says: 'A value that begins with "*" stands in quotes.', spot: spotAt(range?.[0] ?? 0) });
    },
  });
  const value: unknown = flaws.length === 0 ? document.toJS() : null;
  return {
    value,
    flaws,
    spotOf: (path) => spotAt(offsetOf(document, path)),
    spotOfKey: (path) => spotAt(keyOffset(document, path) ?? offsetOf(document, path)),
  };
}

function offsetOf(document: Document, path: Path): number {
  const node = path.length === 0 ? document.contents : (document.getIn(path, true) as Node | undefined);
  if (node?.range) return node.range[0];
  return path.length === 0 ? 0 : (keyOffset(document, path) ?? offsetOf(document, path.slice(0, -1)));
}

function keyOffset(document: Document, path: Path): number | null {
  const around = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isSeq(around)) return null;
  const pair = isMap(around)
    ? around.items.find((each) => isPair(each) && isScalar(each.key) && String(each.key.value) === String(path.at(-1)))
    : undefined;
  return pair && isScalar(pair.key) ? (pair.key.range?.[0] ?? null) : null;
}

/** The library's findings in our words: its own may repeat what stands there, which may be a secret. */
function flawOf(code: string): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'This key stands here a second time.';
    case 'TAB_AS_INDENT':
      return 'There is a tab at the beginning of this line; YAML wants blanks.';
    case 'BAD_INDENT':
      return 'This line is not as far to the right as its neighbours want it to be.';
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return 'A key ends at a ":" on its own line; a value with ": " in it stands in quotes.';
    case 'MISSING_CHAR':
      return 'Something is missing here: a closing quote or bracket, or a blank after a ":" or a "-".';
    case 'MULTIPLE_DOCS':
      return 'A second document begins here; there can be one only.';
    case 'BAD_DQ_ESCAPE':
      return 'This is no escape within double quotes. Within single quotes a "\\" is only itself.';
    case 'BAD_SCALAR_START':
      return 'No value begins like this; put it in quotes.';
    default:
      return `This is no YAML (${code.toLowerCase().replaceAll('_', ' ')}).`;
  }
}
