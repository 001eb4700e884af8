/**
 * Reads the OAuth file of one side: form, secrets and keys, all checked before anything is asked of an issuer. Every
 * flaw is an `oauth.settings.wrong` that names the key and never repeats a value, since it may be a secret that stands
 * in the wrong place.
 */

import { open } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import Value from 'typebox/value';
import { fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import { nearest } from '#lib/nearest.ts';
import { type CertifiedKey, certifiedKey, serviceAccountSigner, type Signer } from './keys.ts';
import { Secret } from './secret.ts';
import { type Kind, schemas, serviceAccountKey, type Written } from './settings-schema.ts';

export interface OAuthSettings {
  /** The path as it was given, for messages. */
  readonly file: string;
  readonly grant: Grant;
  /** The token endpoint, or the issuer whose metadata name it. Always `https:`, except in tests. */
  readonly place: { readonly kind: 'endpoint' | 'issuer'; readonly url: URL };
  readonly scope: string | null;
  readonly timeoutSeconds: number;
}

export type Grant =
  | { readonly kind: 'client-credentials'; readonly clientId: string; readonly proof: ClientProof }
  | { readonly kind: 'service-account'; readonly email: string; readonly signer: Signer }
  | {
      readonly kind: 'refresh-token';
      readonly clientId: string;
      readonly proof: ClientProof;
      readonly refreshToken: Secret;
    };

/** How the application proves that it is the one (RFC 6749 §2.3, RFC 7523 §2.2); a public client does not. */
export type ClientProof =
  | { readonly kind: 'none' }
  | { readonly kind: 'secret'; readonly secret: Secret; readonly by: 'post' | 'basic' }
  | { readonly kind: 'certificate'; readonly key: CertifiedKey };

/** What the file may refer to: the environment of the process. */
export type Environment = (name: string) => string | undefined;

/** More than any settings, key or token file has. */
const longestFileOctets = 65_536;
const defaultTimeoutSeconds = 30;
const google = { tokenEndpoint: 'https://oauth2.googleapis.com/token', scope: 'https://mail.google.com/' } as const;
const entra = {
  tokenEndpoint: (tenant: string): string => `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`,
  scope: 'https://outlook.office365.com/.default',
} as const;

/** Reads and checks a file of settings with all it refers to. Throws `oauth.settings.wrong`. */
export async function readOAuthFile(file: string, environment: Environment): Promise<OAuthSettings> {
  const flaw: Flaw = (detail) => fault('oauth.settings.wrong', { file: cleanText(file, 300), detail });
  const written = checkedForm(parsed(await readText(file, 'the file', flaw), 'it', flaw), flaw);
  const secret: SecretReader = async (key, reference) =>
    new Secret(await readReference(key, reference, dirname(file), environment, flaw));
  return {
    file,
    grant: await grantOf(written, file, secret, flaw),
    place: placeOf(written, flaw),
    scope: written.scope ?? (written.kind === 'service-account' ? google.scope : written.tenant ? entra.scope : null),
    timeoutSeconds: written.timeout_seconds ?? defaultTimeoutSeconds,
  };
}

type Flaw = (detail: string) => Error;
type SecretReader = (key: string, reference: string) => Promise<Secret>;

async function grantOf(written: Written, file: string, secret: SecretReader, flaw: Flaw): Promise<Grant> {
  switch (written.kind) {
    case 'client-credentials':
      return {
        kind: written.kind,
        clientId: written.client_id,
        proof: await applicationProof(written, file, secret, flaw),
      };
    case 'service-account': {
      const key = parsed((await secret('key', written.key)).reveal(), 'what "key" refers to', flaw);
      if (!Value.Check(serviceAccountKey, key)) {
        throw flaw('what "key" refers to is not the JSON key of a service account (client_email, private_key).');
      }
      const signer = serviceAccountSigner(key.private_key, key.private_key_id ?? null, flaw);
      return { kind: written.kind, email: key.client_email, signer };
    }
    case 'refresh-token': {
      const refreshToken = await secret('refresh_token', written.refresh_token);
      const proof: ClientProof = written.client_secret
        ? {
            kind: 'secret',
            secret: await secret('client_secret', written.client_secret),
            by: written.client_authentication ?? 'post',
          }
        : { kind: 'none' };
      return { kind: written.kind, clientId: written.client_id, proof, refreshToken };
    }
  }
}

type WrittenApplication = Extract<Written, { kind: 'client-credentials' }>;

async function applicationProof(
  written: WrittenApplication,
  file: string,
  secret: SecretReader,
  flaw: Flaw,
): Promise<ClientProof> {
  const { client_secret, certificate, private_key, private_key_passphrase, signing = 'PS256' } = written;
  if (client_secret !== undefined && certificate === undefined && private_key === undefined) {
    return {
      kind: 'secret',
      secret: await secret('client_secret', client_secret),
      by: written.client_authentication ?? 'post',
    };
  }
  if (client_secret !== undefined || certificate === undefined || private_key === undefined) {
    throw flaw('it needs either "client_secret", or "certificate" and "private_key".');
  }
  const pem = await readText(fromFolderOf(file, certificate), '"certificate"', flaw);
  const key = await secret('private_key', private_key);
  const passphrase =
    private_key_passphrase === undefined ? null : await secret('private_key_passphrase', private_key_passphrase);
  return { kind: 'certificate', key: certifiedKey(pem, key, passphrase, signing, flaw) };
}

function placeOf(written: Written, flaw: Flaw): OAuthSettings['place'] {
  const { tenant, issuer, token_endpoint: endpoint } = written;
  const given = [tenant, issuer, endpoint].filter((each) => each !== undefined).length;
  if (given > 1) throw flaw('of "tenant", "issuer" and "token_endpoint" only one can be given.');
  if (tenant !== undefined) return { kind: 'endpoint', url: new URL(entra.tokenEndpoint(tenant)) };
  if (issuer !== undefined) return { kind: 'issuer', url: secureUrl('issuer', issuer, flaw) };
  if (endpoint !== undefined) return { kind: 'endpoint', url: secureUrl('token_endpoint', endpoint, flaw) };
  if (written.kind === 'service-account') return { kind: 'endpoint', url: new URL(google.tokenEndpoint) };
  throw flaw('it does not say where tokens are had: "tenant" (Exchange Online), "issuer" or "token_endpoint".');
}

/** `http:` is let through here and refused by the requester, so that tests can speak to an issuer of their own. */
function secureUrl(key: string, text: string, flaw: Flaw): URL {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw flaw(`"${key}" must be an https:// address.`);
  if (url.username !== '' || url.password !== '') throw flaw(`"${key}" must hold no user name or password.`);
  return url;
}

function checkedForm(given: unknown, flaw: Flaw): Written {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw flaw('it must hold one JSON object.');
  const kinds = Object.keys(schemas) as Kind[];
  const kind = kinds.find((each) => 'kind' in given && given.kind === each);
  if (!kind) throw flaw(`"kind" must be one of ${kinds.map((each) => `"${each}"`).join(', ')}.`);
  const schema = schemas[kind];
  const known = Object.keys(schema.properties);
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    const advice = near ? `Did you mean "${near}"?` : `They are ${known.join(', ')}.`;
    throw flaw(`"${cleanText(key, 60)}" is no setting of "${kind}". ${advice}`);
  }
  const error = Value.Errors(schema, given)[0];
  if (!error) return given as Written;
  if (error.keyword === 'required') throw flaw(`"${error.params.requiredProperties.join('", "')}" is missing.`);
  const key = error.instancePath.slice(1);
  const is = (schema.properties as Readonly<Record<string, { readonly description?: string }>>)[key]?.description;
  throw flaw(`"${key}" must be ${is ?? 'something else'}.`);
}

function parsed(text: string, what: string, flaw: Flaw): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes what it could not read, which may be a secret.
    throw flaw(`${what} is not JSON.`);
  }
}

async function readReference(
  key: string,
  reference: string,
  folder: string,
  environment: Environment,
  flaw: Flaw,
): Promise<string> {
  if (reference.startsWith('env:')) {
    const value = environment(reference.slice('env:'.length));
    if (value === undefined || value === '')
      throw flaw(`"${key}": the environment variable ${reference.slice(4)} is not set.`);
    return value;
  }
  const text = await readText(resolve(folder, reference.slice('file:'.length)), `"${key}"`, flaw);
  const value = text.replace(/\r?\n$/, '');
  if (value === '') throw flaw(`"${key}": the file is empty.`);
  return value;
}

function fromFolderOf(file: string, path: string): string {
  return isAbsolute(path) ? path : resolve(dirname(file), path);
}

async function readText(path: string, what: string, flaw: Flaw): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const buffer = Buffer.alloc(longestFileOctets + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
      if (length > longestFileOctets) throw flaw(`${what} is larger than 64 kB.`);
    }
    return buffer.toString('utf8', 0, length);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') throw flaw(`${what}: there is no file ${cleanText(path, 300)}.`);
    if (code === 'EACCES' || code === 'EPERM')
      throw flaw(`${what}: ${cleanText(path, 300)} must not be read by this user.`);
    if (code === 'EISDIR') throw flaw(`${what}: ${cleanText(path, 300)} is a folder.`);
    throw error;
  }
}
