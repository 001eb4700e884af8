/** What stands between `{{` and `}}` in a template of Helm: as much of Go's text/template and of Sprig as our chart uses, and a refusal of all else. */

import { createHash } from 'node:crypto';
import { stringify } from 'yaml';

export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** What names mean while a template is rendered. */
export interface Scope {
  readonly dot: Value;
  readonly variables: ReadonlyMap<string, Value>;
  include(name: string, dot: Value): string;
}

type Fn = (scope: Scope, args: readonly Value[]) => Value;

const functions: Readonly<Record<string, Fn>> = {
  include: (scope, [name, dot = null]) => scope.include(plain(name), dot),
  toYaml: (_, [value = null]) => stringify(value, { lineWidth: 0 }).trimEnd(),
  indent: (_, [width, text]) => indented(Number(width), plain(text)),
  nindent: (_, [width, text]) => `\n${indented(Number(width), plain(text))}`,
  quote: (_, [value]) => JSON.stringify(plain(value)),
  default: (_, [otherwise = null, value = null]) => (isTrue(value) ? value : otherwise),
  printf: (_, [form, ...values]) => printed(plain(form), values),
  sha256sum: (_, [text]) => createHash('sha256').update(plain(text)).digest('hex'),
  not: (_, [value = null]) => !isTrue(value),
  or: (_, values) => values.find(isTrue) ?? values.at(-1) ?? null,
  and: (_, values) => values.find((value) => !isTrue(value)) ?? values.at(-1) ?? null,
  dict: (_, pairs) =>
    Object.fromEntries(pairs.flatMap((name, at) => (at % 2 === 0 ? [[plain(name), pairs[at + 1] as Value]] : []))),
};

/** Go's: false, 0, nothing and what is empty are not. */
export function isTrue(value: Value): boolean {
  if (value === null || value === false || value === 0 || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** Reads and computes one expression. Throws at whatever is not known: a function, a name, a variable. */
export function evaluate(text: string, scope: Scope): Value {
  const words = text.match(/"(?:[^"\\]|\\.)*"|[()|]|[^\s()|"]+/g) ?? [];
  let at = 0;
  const pipeline = (): Value => {
    let value = command([]);
    while (words[at] === '|') {
      at++;
      value = command([value]);
    }
    return value;
  };
  const command = (piped: readonly Value[]): Value => {
    const name = words[at];
    const call = name === undefined || !/^[a-zA-Z]\w*$/.test(name) || name === 'true' || name === 'false' ? null : name;
    if (call !== null) at++;
    const args: Value[] = [];
    while (at < words.length && words[at] !== '|' && words[at] !== ')') args.push(term());
    if (call === null) {
      if (args.length !== 1 || piped.length > 0) throw new Error(`cannot be read: {{ ${text} }}`);
      return args[0] as Value;
    }
    const its = functions[call];
    if (its === undefined) throw new Error(`no function of ours: ${call} in {{ ${text} }}`);
    return its(scope, [...args, ...piped]);
  };
  const term = (): Value => {
    const word = words[at++] as string;
    if (word === '(') {
      const value = pipeline();
      if (words[at++] !== ')') throw new Error(`a bracket is open in {{ ${text} }}`);
      return value;
    }
    if (word.startsWith('"')) return JSON.parse(word) as string;
    if (/^-?\d+$/.test(word)) return Number(word);
    if (word === 'true' || word === 'false') return word === 'true';
    if (word.startsWith('.')) return reached(scope.dot, word.slice(1), text);
    const [, name = '', path = ''] = /^\$(\w+)\.?(.*)$/.exec(word) ?? [];
    const found = scope.variables.get(name);
    if (found === undefined) throw new Error(`no such name: ${word} in {{ ${text} }}`);
    return reached(found, path, text);
  };
  const value = pipeline();
  if (at < words.length) throw new Error(`cannot be read: {{ ${text} }}`);
  return value;
}

/** A value that is to be a part of a text. Throws where it is a list or a folder, which Go would write in its own way. */
function plain(value: Value | undefined): string {
  if (value === undefined || value === null || typeof value === 'object')
    throw new Error('{{ }} wants a text, and got none');
  return String(value);
}

/** Stricter than Go, which takes a misspelt name for an empty one. */
function reached(from: Value, path: string, text: string): Value {
  let value = from;
  for (const name of path === '' ? [] : path.split('.')) {
    if (value === null || typeof value !== 'object' || !(name in value)) throw new Error(`no ${name} in {{ ${text} }}`);
    value = (value as { readonly [name: string]: Value })[name] as Value;
  }
  return value;
}

function printed(form: string, values: readonly Value[]): string {
  let at = 0;
  return form.replaceAll(/%(.)/g, (_, sign: string) => {
    if (sign !== 's') throw new Error(`printf knows %s, and not %${sign}`);
    return plain(values[at++]);
  });
}

function indented(width: number, text: string): string {
  return text
    .split('\n')
    .map((line) => ' '.repeat(width) + line)
    .join('\n');
}
