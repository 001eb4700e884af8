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

export interface OnceOrder {
  /** Of the header; lacking where there is none. */
  readonly key: string | undefined;
  readonly who: string;
  /** All that makes it this order: the operation, its parameters and its body. */
  readonly order: unknown;
  /** Its answer is told once only: it is kept nowhere. */
  readonly isSecret: boolean;
  /** Does it. What is refused for good is told too, what went wrong is thrown. */
  readonly obey: () => Promise<Told>;
}

/** Longer answers are not kept. */
const keptOctetsMax = 256 * 1_024;

/** Throws `api.key.*`, and what `obey` throws. */
export async function once(obeyed: Obeyed, { key, who, order, isSecret, obey }: OnceOrder): Promise<Told> {
  if (key === undefined || !/^[\w-]{8,128}$/.test(key)) throw fault('api.key.missing', {});
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
      return { status: begun.status, text: begun.answer };
    case 'begun':
      return obeyNow(obeyed, digest, isSecret, obey);
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
    // What is worth sending again was not done, or is done once however often it is ordered; after anything else nobody knows.
    if (error instanceof Fault && error.code !== 'internal') await obeyed.forget(digest);
    throw error;
  }
  const isKept = !isSecret && Buffer.byteLength(told.text) <= keptOctetsMax;
  await obeyed.settle(digest, told.status, isKept ? told.text : null);
  return told;
}
