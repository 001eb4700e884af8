/** Reads rates from a file: as `godwit forecast -o json` tells them (`rates`), or that part alone. */

import { readFile, stat } from 'node:fs/promises';
import Type from 'typebox';
import Value from 'typebox/value';
import { whyUnreadable } from '#cli/secret.ts';
import { usageError } from '#cli/usage.ts';
import type { Rates } from '#domain/rates.ts';

const positive = Type.Number({ minimum: 0, maximum: 1e12 });
const share = Type.Number({ minimum: 0, maximum: 1 });
const workRate = Type.Object({
  fixedMs: positive,
  msPerItem: positive,
  msPerByte: positive,
  sigma: Type.Number({ minimum: 0, maximum: 5 }),
});

const ratesForm = Type.Object({
  origin: Type.Enum(['measured', 'stated']),
  samples: positive,
  // As others wrote it before it was told: nothing is known of switches.
  switchSamples: Type.Optional(positive),
  copy: workRate,
  follow: workRate,
  switch: workRate,
  atOnce: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  newItemsPerDay: positive,
  newBytesPerDay: positive,
  retryShare: share,
  blockedShare: share,
  mendHours: positive,
  throttledShare: share,
  throttledTo: share,
});

/** Far more than any. */
const largestFileBytes = 2 ** 24;

/** Throws a `UsageError` that names all that is wrong. */
export async function readRates(file: string): Promise<Rates> {
  return ratesIn(file, await textOf(file));
}

export function ratesIn(file: string, text: string): Rates {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usageError(`${file} is no JSON. godwit forecast -o json writes rates.`);
  }
  const rates = typeof value === 'object' && value !== null && 'rates' in value ? value.rates : value;
  if (Value.Check(ratesForm, rates)) return { ...rates, switchSamples: rates.switchSamples ?? 0 };
  const wrong = [...new Set(Value.Errors(ratesForm, rates).map(whatIsWrong))];
  throw usageError(
    `${file} holds no rates: ${wrong.slice(0, 10).join('; ')}. docs/rehearsal.md shows what stands in them.`,
  );
}

function whatIsWrong({ instancePath, message }: { readonly instancePath: string; readonly message: string }): string {
  const where = instancePath.slice(1).replaceAll('/', '.');
  return where === '' ? message : `${where} ${message}`;
}

async function textOf(file: string): Promise<string> {
  try {
    if ((await stat(file)).size <= largestFileBytes) return await readFile(file, 'utf8');
  } catch (error) {
    throw usageError(`The rates ${file} cannot be read: ${whyUnreadable(error)}.`);
  }
  throw usageError(`${file} is larger than any rates (16 MB).`);
}
