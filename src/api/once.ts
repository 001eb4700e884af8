/**
 * An order is obeyed once, however often it is sent under its Idempotency-Key
 * (draft-ietf-httpapi-idempotency-key-header): sent again it is answered as before, and another order under the same key is refused.
 */

import { createHash, createHmac } from 'node:crypto';
import { Fault, fault } from '#domain/fault.ts';
import type { Obeyed } from '#ports/obeyed.ts';

export interface Told {
  readonly status: number;
  /** The document, as it is sent. */
  readonly text: string;
}

export interface OrderUnderKey {
  /** Of the header; lacking where there is none. */
  readonly key: string | undefined;
  readonly who: string;
  /** All that makes it this order: the operation, its parameters and its body. */
  readonly order: unknown;
}

export interface OnceOrder extends OrderUnderKey {
  /** Its answer is told once only: it is kept nowhere. */
  readonly isSecret: boolean;
  /** Does it. What is refused for good is told too, what went wrong is thrown. */
  readonly obey: () => Promise<Told>;
}

/** Longer answers are not kept. */
const keptOctetsMax = 256 * 1_024;

/** Throws `api.key.*`, and what `obey` throws. */
export async function once(obeyed: Obeyed, { isSecret, obey, ...sent }: OnceOrder): Promise<Told> {
  const begun = await begin(obeyed, sent);
  return 'told' in begun ? begun.told : obeyNow(obeyed, begun.digest, isSecret, obey);
}

/**
 * The same for an order that is told line by line, of which nothing is kept: once it was done, `api.key.done` is thrown. Where nobody
 * read to its end nobody knows.
 */
export async function* onceInLines<Lines>(
  obeyed: Obeyed,
  sent: OrderUnderKey,
  obey: () => Promise<AsyncIterable<Lines>>,
): AsyncGenerator<Lines> {
  const begun = await begin(obeyed, sent);
  if ('told' in begun) throw fault('api.key.done', {});
  try {
    yield* await obey();
  } catch (error) {
    await forgetIfNotDone(obeyed, begun.digest, error);
    throw error;
  }
  await obeyed.settle(begun.digest, 200, null);
}

/** Throws `api.key.missing`. */
export function seeKey(key: string | undefined): string {
  if (key === undefined || !/^[\w-]{8,128}$/.test(key)) throw fault('api.key.missing', {});
  return key;
}

async function begin(
  obeyed: Obeyed,
  { key: given, who, order }: OrderUnderKey,
): Promise<{ readonly told: Told } | { readonly digest: Uint8Array }> {
  const key = seeKey(given);
  const digest = createHash('sha256')
    .update(JSON.stringify([who, key]))
    .digest();
  // Under the key itself, which nobody keeps: what is ordered may be a password, and is not to be guessed from its digest.
  const begun = await obeyed.begin({
    key: digest,
    order: createHmac('sha256', key).update(JSON.stringify(order)).digest(),
  });
  switch (begun.kind) {
    case 'other-order':
      throw fault('api.key.other-body', {});
    case 'under-way':
      throw fault('api.key.under-way', {});
    case 'done':
      if (begun.answer === null) throw fault('api.key.done', {});
      return { told: { status: begun.status, text: begun.answer } };
    case 'begun':
      return { digest };
  }
}

async function obeyNow(
  obeyed: Obeyed,
  digest: Uint8Array,
  isSecret: boolean,
  obey: () => Promise<Told>,
): Promise<Told> {
  let told: Told;
  try {
    told = await obey();
  } catch (error) {
    await forgetIfNotDone(obeyed, digest, error);
    throw error;
  }
  const isKept = !isSecret && Buffer.byteLength(told.text) <= keptOctetsMax;
  await obeyed.settle(digest, told.status, isKept ? told.text : null);
  return told;
}

/** What is worth sending again was not done, or is done once however often it is ordered; after anything else nobody knows. */
async function forgetIfNotDone(obeyed: Obeyed, digest: Uint8Array, error: unknown): Promise<void> {
  if (error instanceof Fault && error.code !== 'internal') await obeyed.forget(digest);
}
