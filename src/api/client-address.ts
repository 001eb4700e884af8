/** Where an operation of the contract is asked: its path with what is meant, and its query. */

import { Compile } from 'typebox/compile';
import { fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Operation } from './operation.ts';

type Values = Readonly<Record<string, unknown>>;

/** Octets of a path that a server takes in one parameter. */
const parameterMost = 1_000;

/** Such as `/v1/waves/pilot/verification?sample=0.05`. Throws `api.not-there` where nothing can be called that. */
export function addressOf(operation: Operation, params: Values, query: Values): string {
  return `${pathOf(operation, params)}${queryText(query)}`;
}

function pathOf({ path, object, params: shape }: Operation, params: Values): string {
  const isName = Compile(shape).Check(params);
  return path.replaceAll(/:(\w+)/g, (_, key: string) => {
    const text = encodeURIComponent(String(params[key]));
    if (!isName || text.length > parameterMost || text === '.' || text === '..')
      throw fault('api.not-there', { what: object ?? key, name: cleanText(String(params[key]), 80), nearest: null });
    return text;
  });
}

/** Nothing where nothing is said. */
function queryText(query: Values): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  return `?${given.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join('&')}`;
}
