/**
 * A key that stays in Vault: its transit engine hides and opens data keys, and Godwit never has the key itself (Vault, "Transit
 * secrets engine (API)": `encrypt/:name` and `decrypt/:name` with `batch_input`). What a data key is bound to goes as
 * `associated_data`; a Vault that is too old to heed that is found out by the first question, and refused.
 */

import { keyOctets } from '#domain/sealed.ts';
import type { KeyService, KeyToUnwrap, WrappedKey } from '#ports/key-service.ts';
import { askVault, refusedBy, type VaultPlace } from './ask.ts';

export interface TransitOptions extends VaultPlace {
  /** Where the engine is mounted, `transit`. */
  readonly mount: string;
  /** The name of the key there. */
  readonly key: string;
}

/** In one question: some 200 octets each. */
const batchMax = 500;
const wrappedForm = /^vault:v([1-9]\d{0,8}):[A-Za-z0-9+/]+={0,2}$/;
/** What Vault says of one item that was hidden by another, bound to something else, or altered. All else is for a person. */
const doesNotOpen = /message authentication failed|invalid ciphertext/i;

export function vaultTransit(options: TransitOptions): KeyService {
  const { mount, key, namespace } = options;
  const place = [namespace, mount, key].filter((part) => part !== null).join('/');
  const prefix = `vault:${place}/v`;
  let proven: Promise<void> | null = null;

  const ask = async <Field extends string>(
    what: 'encrypt' | 'decrypt',
    field: Field,
    items: readonly Readonly<Record<string, string>>[],
  ): Promise<readonly (string | { readonly problem: string })[]> => {
    const answers: (string | { readonly problem: string })[] = [];
    for (let from = 0; from < items.length; from += batchMax) {
      const some = items.slice(from, from + batchMax);
      const path = [mount, what, key].join('/').split('/').map(encodeURIComponent).join('/');
      // Without this one item that does not open spoils the answer for all.
      const body = { batch_input: some, partial_failure_response_code: 200 };
      const results = resultsIn(await askVault(options, path, body), some.length);
      if (!results) throw refusedBy(options, 'its answer has not the form that Vault documents.');
      answers.push(...results.map((result) => readResult(options, result, field)));
    }
    return answers;
  };

  const wrap: KeyService['wrap'] = async (keys) => {
    const items = keys.map(({ dataKey, bound }) => ({ plaintext: base64(dataKey), associated_data: base64(bound) }));
    return (await ask('encrypt', 'ciphertext', items)).map((answer) => wrappedIn(options, prefix, answer));
  };

  const unwrap = async (keys: readonly KeyToUnwrap[]): Promise<readonly (Uint8Array | null)[]> => {
    const items = keys.map(({ wrapped, bound }) => ({
      ciphertext: Buffer.from(wrapped).toString('latin1'),
      associated_data: base64(bound),
    }));
    return (await ask('decrypt', 'plaintext', items)).map((answer) => {
      if (typeof answer === 'string') return Buffer.from(answer, 'base64');
      if (doesNotOpen.test(answer.problem)) return null;
      throw refusedBy(options, answer.problem);
    });
  };

  /** Once: what was bound to one thing must not open for another. It is no secret that is hidden for this. */
  const prove = async (): Promise<void> => {
    const [mine, theirs] = [Buffer.from('godwit asks: mine'), Buffer.from('godwit asks: theirs')];
    const [hidden] = await wrap([{ dataKey: Buffer.alloc(keyOctets), bound: mine }]);
    if (!hidden) throw new Error('one answer for one question');
    const [opened] = await unwrap([{ wrapped: hidden.wrapped, bound: theirs }]);
    if (opened)
      throw refusedBy(
        options,
        'it does not heed associated_data, so that what it hides is bound to nothing: it is too old.',
      );
  };
  const proof = async (): Promise<void> => {
    proven ??= prove().catch((error: unknown) => {
      proven = null;
      throw error;
    });
    await proven;
  };

  return {
    async keyId() {
      await proof();
      // The latest version is what it hides under; this way nobody has to be allowed to look at the key.
      const [now] = await wrap([{ dataKey: Buffer.alloc(keyOctets), bound: Buffer.from('godwit asks: version') }]);
      return now?.keyId ?? '';
    },
    opens: (keyId) => keyId.startsWith(prefix) && /^[1-9]\d{0,8}$/.test(keyId.slice(prefix.length)),
    async wrap(keys) {
      if (keys.length === 0) return [];
      await proof();
      return wrap(keys);
    },
    unwrap: async (keys) => (keys.length === 0 ? [] : unwrap(keys)),
  };
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64');
}

/** `{ data: { batch_results: […] } }` with as many as were asked for; null where it is something else. */
function resultsIn(answer: unknown, count: number): readonly unknown[] | null {
  const results = own(own(answer, 'data'), 'batch_results');
  return Array.isArray(results) && results.length === count ? (results as readonly unknown[]) : null;
}

function readResult(place: VaultPlace, result: unknown, field: string): string | { readonly problem: string } {
  const [value, problem] = [own(result, field), own(result, 'error')];
  if (typeof problem === 'string' && problem !== '') return { problem };
  if (typeof value === 'string' && value !== '') return value;
  throw refusedBy(place, `its answer lacks ${field}.`);
}

function wrappedIn(place: VaultPlace, prefix: string, answer: string | { readonly problem: string }): WrappedKey {
  if (typeof answer !== 'string') throw refusedBy(place, answer.problem);
  const version = wrappedForm.exec(answer)?.[1];
  if (version === undefined) throw refusedBy(place, 'what it hides has not the form vault:vN:….');
  return { wrapped: Buffer.from(answer, 'latin1'), keyId: `${prefix}${version}` };
}

function own(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
