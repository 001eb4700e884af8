/**
 * Renders our chart without Helm, which cannot be had where our tests run: enough of text/template to read every template of ours, and an error at
 * anything beyond it. What it shows is that the templates are whole and say what we mean; NOT that a cluster takes them.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { evaluate, isTrue, type Scope, type Value } from './expression.ts';

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'say'; readonly expression: string }
  | { readonly kind: 'let'; readonly name: string; readonly expression: string }
  | {
      readonly kind: 'if';
      readonly expression: string;
      readonly yes: readonly Part[];
      readonly no: readonly Part[];
    };

export type Values = { readonly [name: string]: Value };

export interface Rendered {
  readonly file: string;
  readonly text: string;
  /** The documents of a file of YAML; none of a text. */
  readonly documents: readonly Values[];
}

/** All files of the chart at `folder`, with the values of values.yaml and those of `changes` over them. */
export function renderChart(folder: string, changes: Values = {}): readonly Rendered[] {
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const chart = parse(read('Chart.yaml')) as {
    readonly name: string;
    readonly version: string;
    readonly appVersion: string;
  };
  const root: Values = {
    Values: merged(parse(read('values.yaml')) as Values, changes),
    Chart: { Name: chart.name, Version: chart.version, AppVersion: chart.appVersion },
    Release: { Name: 'move', Namespace: 'mail', Service: 'Helm' },
  };
  const named = new Map<string, readonly Part[]>();
  const include = (name: string, dot: Value): string => {
    const parts = named.get(name);
    if (parts === undefined) throw new Error(`there is no template ${name}`);
    return written(parts, dot);
  };
  const written = (parts: readonly Part[], dot: Value): string => write(parts, { dot, variables: new Map(), include });
  const files = readdirSync(join(folder, 'templates')).toSorted();
  for (const file of files.filter((name) => name.endsWith('.tpl'))) define(read(`templates/${file}`), named);
  return files
    .filter((name) => !name.endsWith('.tpl'))
    .map((file) => {
      const text = written(readParts(read(`templates/${file}`)), root);
      return { file, text, documents: file.endsWith('.yaml') ? documentsOf(file, text) : [] };
    });
}

function documentsOf(file: string, text: string): readonly Values[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0]?.message ?? ''}\n${text}`);
    const value = document.toJS() as Values | null;
    return value === null ? [] : [value];
  });
}

/** The templates that a file of helpers gives names to. */
function define(text: string, named: Map<string, readonly Part[]>): void {
  const form = /\{\{-? define "([^"]+)" -?\}\}([\s\S]*?)\n?\{\{-? end -\}\}/g;
  for (const [, name = '', body = ''] of text.matchAll(form)) named.set(name, readParts(body.replace(/^\s+/, '')));
}

function readParts(text: string): readonly Part[] {
  const marks = [...text.matchAll(/\{\{(-)?\s*([\s\S]*?)\s*(-)?\}\}/g)];
  let at = 0;
  let from = 0;
  let trims = false;
  const textUntil = (end: number, trimsEnd: boolean): readonly Part[] => {
    let between = text.slice(from, end);
    if (trims) between = between.trimStart();
    if (trimsEnd) between = between.trimEnd();
    return between === '' ? [] : [{ kind: 'text', text: between }];
  };
  const block = (): { readonly parts: readonly Part[]; readonly ended: string } => {
    const parts: Part[] = [];
    for (;;) {
      const mark = marks[at++];
      if (mark === undefined) {
        parts.push(...textUntil(text.length, false));
        return { parts, ended: '' };
      }
      const [whole, before, inside = '', after] = mark;
      parts.push(...textUntil(mark.index, before !== undefined));
      from = mark.index + whole.length;
      trims = after !== undefined;
      if (inside === 'end' || inside === 'else') return { parts, ended: inside };
      const [, condition] = /^if (.*)$/s.exec(inside) ?? [];
      const [, name, expression = ''] = /^\$(\w+) := (.*)$/s.exec(inside) ?? [];
      if (condition !== undefined) {
        const then = block();
        const otherwise = then.ended === 'else' ? block() : { parts: [], ended: then.ended };
        if (otherwise.ended !== 'end') throw new Error(`{{ ${inside} }} has no end`);
        parts.push({ kind: 'if', expression: condition, yes: then.parts, no: otherwise.parts });
      } else if (name !== undefined) parts.push({ kind: 'let', name, expression });
      else parts.push({ kind: 'say', expression: inside });
    }
  };
  const whole = block();
  if (whole.ended !== '') throw new Error(`{{ ${whole.ended} }} ends nothing`);
  return whole.parts;
}

function write(parts: readonly Part[], scope: Scope): string {
  const variables = new Map(scope.variables);
  const here: Scope = { ...scope, variables };
  let text = '';
  for (const part of parts) {
    if (part.kind === 'text') text += part.text;
    else if (part.kind === 'let') variables.set(part.name, evaluate(part.expression, here));
    else if (part.kind === 'if') text += write(isTrue(evaluate(part.expression, here)) ? part.yes : part.no, here);
    else text += shown(evaluate(part.expression, here), part.expression);
  }
  return text;
}

function shown(value: Value, expression: string): string {
  if (value === null || typeof value === 'object') throw new Error(`{{ ${expression} }} is no text`);
  return String(value);
}

/** As Helm lays values over values: folders are joined, lists and all else replaced. */
function merged(base: Values, changes: Values): Values {
  const all: Record<string, Value> = { ...base };
  for (const [name, value] of Object.entries(changes)) {
    const old = base[name];
    all[name] = isFolder(old) && isFolder(value) ? merged(old, value) : value;
  }
  return all;
}

function isFolder(value: Value | undefined): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
