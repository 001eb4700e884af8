/**
 * How a secret of an estate is sealed and opened, and how it gets under another key: with a data key of its own, which is hidden by
 * whoever keeps the key (ports/key-service.ts). In lists: with a service each list is one question.
 */

import { type Fault, fault } from '#domain/fault.ts';
import {
  type Binding,
  boundTo,
  type Envelope,
  hide,
  keyOctets,
  packed,
  type Random,
  reveal,
  unpacked,
} from '#domain/sealed.ts';
import type { Keyring, KeyService } from '#ports/key-service.ts';
import type { SealedSecret } from '#ports/secrets.ts';

/** Passwords for signing in to platforms are sealed for this, and open for nothing else. */
export const signInPurpose = 'sign-in';

/** In which estate, by which keys. */
export interface Sealing {
  readonly estate: string;
  readonly keys: Keyring;
}

export interface ToSeal {
  /** In its one spelling (`sealedName`). */
  readonly name: string;
  readonly secret: Uint8Array;
}

/** In the same order. Throws `secret.key.*`. */
export async function sealedUnder(
  { estate, keys: { current } }: Sealing,
  secrets: readonly ToSeal[],
  random: Random,
): Promise<readonly SealedSecret[]> {
  const drawn = secrets.map(({ name, secret }) => {
    const binding = bindingOf(estate, name);
    const dataKey = random(keyOctets);
    return { name, dataKey, bound: boundTo(2, binding, ''), hidden: hide(dataKey, binding, secret, random) };
  });
  const wrapped = await current.wrap(drawn);
  const sealed = drawn.map(({ name, hidden }, i) => {
    const { keyId, wrapped: key } = at(wrapped, i);
    return { name, keyId, sealed: packed({ wrapped: key, hidden }) };
  });
  for (const { dataKey } of drawn) dataKey.fill(0);
  return sealed;
}

/** The secret, or why it cannot be opened. Throws `secret.key.away` and `secret.key.refused`. */
export async function opening(sealing: Sealing, sealed: SealedSecret): Promise<Buffer | Fault> {
  const [found] = await unwrapped(sealing, [sealed]);
  if (!found || found instanceof Error) return found ?? fault('secret.altered', { name: sealed.name });
  return reveal(found.dataKey, found.bound, found.envelope) ?? fault('secret.altered', { name: sealed.name });
}

/**
 * The same secrets under the current key, in the same order, or why one stays as it is. What is hidden in it stays hidden: only
 * its data key is opened and hidden anew. What has the first form is sealed anew, since that is bound to the key.
 */
export async function rewrapped(
  sealing: Sealing,
  secrets: readonly SealedSecret[],
  random: Random,
): Promise<readonly (SealedSecret | Fault)[]> {
  const { estate, keys } = sealing;
  const opened = await unwrapped(sealing, secrets);
  const moved = opened.map((found) => (found instanceof Error ? found : inNewForm(found, estate, random)));
  const good = moved.flatMap((each) => (each instanceof Error ? [] : [each]));
  const wrapped = await keys.current.wrap(good);
  for (const { dataKey } of good) dataKey.fill(0);
  let next = 0;
  return moved.map((each) => {
    if (each instanceof Error) return each;
    const { keyId, wrapped: key } = at(wrapped, next++);
    return { name: each.name, keyId, sealed: packed({ wrapped: key, hidden: each.hidden }) };
  });
}

interface Unwrapped {
  readonly name: string;
  readonly envelope: Envelope;
  readonly bound: Uint8Array;
  readonly dataKey: Uint8Array;
}

/** Each key service is asked once. */
async function unwrapped(
  { estate, keys }: Sealing,
  secrets: readonly SealedSecret[],
): Promise<readonly (Unwrapped | Fault)[]> {
  const found: (Unwrapped | Fault)[] = secrets.map(({ name, keyId }) => fault('secret.key.other', { name, keyId }));
  const asked = new Map<
    KeyService,
    { readonly at: number; readonly envelope: Envelope; readonly bound: Uint8Array }[]
  >();
  for (const [i, { name, sealed, keyId }] of secrets.entries()) {
    const service = keys.all.find((each) => each.opens(keyId));
    if (!service) continue;
    const envelope = unpacked(sealed);
    found[i] = fault('secret.altered', { name });
    if (!envelope) continue;
    const bound = boundTo(envelope.form, bindingOf(estate, name), keyId);
    const questions = asked.get(service) ?? [];
    questions.push({ at: i, envelope, bound });
    asked.set(service, questions);
  }
  for (const [service, questions] of asked) {
    const answers = await service.unwrap(
      questions.map(({ envelope, bound }) => ({ wrapped: envelope.wrapped, bound })),
    );
    for (const [n, { at: i, envelope, bound }] of questions.entries()) {
      const dataKey = answers[n];
      if (dataKey) found[i] = { name: at(secrets, i).name, envelope, bound, dataKey };
    }
  }
  return found;
}

function inNewForm(
  { name, envelope, bound, dataKey }: Unwrapped,
  estate: string,
  random: Random,
): (Omit<Unwrapped, 'envelope'> & { readonly hidden: Uint8Array }) | Fault {
  const binding = bindingOf(estate, name);
  const now = boundTo(2, binding, '');
  if (envelope.form === 2) return { name, bound: now, dataKey, hidden: envelope.hidden };
  const secret = reveal(dataKey, bound, envelope);
  if (!secret) return fault('secret.altered', { name });
  const key = random(keyOctets);
  return { name, bound: now, dataKey: key, hidden: hide(key, binding, secret, random) };
}

function bindingOf(estate: string, name: string): Binding {
  return { estate, name, purpose: signInPurpose };
}

function at<T>(list: readonly T[], place: number): T {
  const found = list[place];
  if (found === undefined) throw new Error(`a key service answered ${list.length} of more`);
  return found;
}
