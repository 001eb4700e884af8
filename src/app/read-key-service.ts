/** The file that `GODWIT_KEY=vault:FILE` names: where Vault is, which key of its transit engine hides ours, and who asks. */

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import Type from 'typebox';
import { whyUnreadable } from '#cli/secret.ts';
import { vaultTransit } from '#connectors/vault/transit.ts';
import { fault } from '#domain/fault.ts';
import { readSecretReference, type SecretReference } from '#domain/secret-reference.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { KeyService } from '#ports/key-service.ts';
import { checkForm, completed } from './check-form.ts';
import { type Environment, readReference } from './keyring.ts';
import { ownAuthorities, section, text } from './setting-forms.ts';

const path = (is: string, expected: string, usual?: string) =>
  Type.String({
    // Segments of a path of Vault; none that leads up, and nothing that ends it (RFC 3986 §3.3).
    pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$',
    maxLength: 200,
    about: { is, expected },
    ...(usual === undefined ? {} : { default: usual }),
  });

export const vaultForm = section('a key that stays in Vault', {
  address: text({
    about: { is: 'where Vault is', expected: 'an https:// address such as https://vault.corp.example:8200' },
  }),
  mount: path('where the transit engine is mounted', 'a path such as transit', 'transit'),
  key: path('the key of the transit engine', 'its name, such as godwit'),
  token: Type.String({
    pattern: String.raw`^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|credential:\S+)$`,
    maxLength: 4_096,
    about: {
      is: 'the token',
      expected: 'a reference, env:NAME, file:PATH or credential:NAME, and never the token itself',
    },
  }),
  namespace: Type.Optional(path('the namespace', 'its path, such as migration')),
  ca: Type.Optional(ownAuthorities()),
});

interface VaultFile {
  readonly address: string;
  readonly mount: string;
  readonly key: string;
  readonly token: string;
  readonly namespace?: string;
  readonly ca?: string;
}

/** Throws `secret.key.unreadable`, which repeats no value. */
export async function readVaultFile(file: string, environment: Environment): Promise<KeyService> {
  const reference = cleanText(`vault:${file}`, 300);
  const flaw = (says: string): Error => fault('secret.key.unreadable', { reference, text: says });
  const written = await readJson(file, flaw);
  const [problem] = checkForm(vaultForm, written);
  if (problem) throw flaw(problem.says);
  const { address, mount, key, token, namespace = null, ca } = completed(vaultForm, written) as VaultFile;
  const folder = dirname(resolve(file));
  const tokenAt = referenceFrom(folder, token, flaw);
  const authorities = ca === undefined ? null : await readPem(resolve(folder, ca), flaw);
  return vaultTransit({
    address: addressIn(address, flaw),
    mount,
    key,
    namespace,
    ca: authorities,
    token: async () => {
      const read = await readReference(tokenAt, environment);
      if (read.kind === 'refused') throw flaw(`token: ${read.says}`);
      return read.secret;
    },
  });
}

type Flaw = (says: string) => Error;

async function readJson(file: string, flaw: Flaw): Promise<unknown> {
  const octets = await readFile(file).catch((error: unknown) => {
    throw flaw(`${whyUnreadable(error)}.`);
  });
  try {
    return JSON.parse(octets.toString('utf8')) as unknown;
  } catch {
    throw flaw('it is no JSON.');
  }
}

async function readPem(file: string, flaw: Flaw): Promise<string> {
  const pem = await readFile(file, 'utf8').catch((error: unknown) => {
    throw flaw(`ca: ${whyUnreadable(error)}.`);
  });
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw flaw('ca: the file holds no certificate (PEM).');
  return pem;
}

/** Relative paths count from the folder of the file. */
function referenceFrom(folder: string, text: string, flaw: Flaw): SecretReference {
  const reference = readSecretReference(text);
  if (!('kind' in reference)) throw flaw(`token: ${reference.problem}`);
  return reference.kind === 'file' ? { kind: 'file', path: resolve(folder, reference.path) } : reference;
}

const thisMachine: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

function addressIn(text: string, flaw: Flaw): URL {
  const url = URL.parse(text);
  if (
    !url ||
    url.username !== '' ||
    url.password !== '' ||
    url.search !== '' ||
    url.hash !== '' ||
    url.pathname !== '/'
  )
    throw flaw('address: it is no address such as https://vault.corp.example:8200, with nothing behind it.');
  if (url.protocol === 'https:' || (url.protocol === 'http:' && thisMachine.has(url.hostname))) return url;
  throw flaw('address: tokens and keys go by https:// only; http:// is for an agent on this machine.');
}
