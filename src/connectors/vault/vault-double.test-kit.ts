/**
 * A double of Vault's transit engine, and no Vault: written from its API documentation ("Transit secrets engine (API)", 1.15) and
 * its `path_encrypt.go` and `path_decrypt.go`. It refuses what Vault refuses, with Vault's status and words. What is shown with it
 * holds for the double; nobody has run it against a real Vault.
 */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Authority } from '../../../labs/tls.ts';

export interface VaultDouble extends AsyncDisposable {
  readonly address: URL;
  readonly ca: string;
  token: string;
  namespace: string | null;
  /** Answers 503 to everything, as a Vault that nobody has unsealed. */
  isSealed: boolean;
  /** As Vault before it knew `associated_data`: the field is not heeded. */
  isOld: boolean;
  /** Below it nothing is opened any more (`min_decryption_version`). */
  oldest: number;
  /** Answers all with this instead, when set. */
  instead: { readonly status: number; readonly body: string; readonly location?: string } | null;
  /** Paths and bodies, as they came. */
  readonly asked: readonly { readonly path: string; readonly body: Body; readonly token: string | undefined }[];
  rotate(): void;
}

interface Body {
  readonly batch_input?: readonly Item[];
  readonly partial_failure_response_code?: number;
}

interface Item {
  readonly plaintext?: string;
  readonly ciphertext?: string;
  readonly associated_data?: string;
}

type Result = Readonly<Record<string, unknown>>;

/** Reads to `update` on the key `godwit` of the engine at `transit`; it has no right to create one. */
export async function startVaultDouble(): Promise<VaultDouble> {
  const authority = new Authority();
  const pem = authority.good();
  const keys = [randomBytes(32)];
  const asked: { path: string; body: Body; token: string | undefined }[] = [];
  const server = createServer({ key: pem.key, cert: pem.certificate }, (request, response) => {
    void received(request).then((text) => answer(request, response, text));
  });

  const answer = (request: IncomingMessage, response: ServerResponse, text: string): void => {
    const say = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const refuse = (status: number, ...errors: readonly string[]): void => say(status, { errors });
    if (double.instead) {
      const { status, body, location } = double.instead;
      response.writeHead(status, location === undefined ? {} : { location }).end(body);
      return;
    }
    if (double.isSealed) return refuse(503, 'Vault is sealed');
    const path = request.url ?? '';
    const token = request.headers['x-vault-token'];
    if (token !== double.token) return refuse(403, 'permission denied');
    const namespace = request.headers['x-vault-namespace'] ?? null;
    const [, what, name] = /^\/v1\/transit\/(encrypt|decrypt)\/([\w.-]+)$/.exec(path) ?? [];
    if (namespace !== double.namespace || what === undefined)
      return refuse(404, `no handler for route "${path.slice('/v1/'.length)}". route entry not found.`);
    if (request.method !== 'POST' && request.method !== 'PUT') return refuse(405, 'unsupported operation');
    // Without `create` the engine makes no key by the way.
    if (name !== 'godwit')
      return what === 'encrypt' ? refuse(403, 'permission denied') : refuse(400, 'encryption key not found');
    let body: Body;
    try {
      body = JSON.parse(text) as Body;
    } catch {
      return refuse(400, 'failed to parse JSON input');
    }
    asked.push({ path, body, token });
    const items = body.batch_input ?? [];
    if (!Array.isArray(items) || items.length === 0) return refuse(400, 'missing batch input to process');
    const results = (items as readonly Item[]).map((item) => (what === 'encrypt' ? encrypted(item) : decrypted(item)));
    const failed = results.filter((result) => 'error' in result).length;
    // Wholly failed is 400 whatever was asked for; partly failed is what was asked for, else 400.
    const partly = failed > 0 ? (body.partial_failure_response_code ?? 400) : 200;
    say(failed === results.length ? 400 : partly, { data: { batch_results: results } });
  };

  const boundOf = (item: Item): Buffer =>
    double.isOld ? Buffer.alloc(0) : (decoded(item.associated_data ?? '') ?? Buffer.alloc(0));

  const encrypted = (item: Item): Result => {
    if (item.plaintext === undefined) return { error: 'missing plaintext to encrypt' };
    const plain = decoded(item.plaintext);
    if (!plain || decoded(item.associated_data ?? '') === null) return { error: 'illegal base64 data at input byte 0' };
    const nonce = randomBytes(12);
    const work = createCipheriv('aes-256-gcm', keys.at(-1) ?? '', nonce).setAAD(boundOf(item));
    const octets = Buffer.concat([nonce, work.update(plain), work.final(), work.getAuthTag()]);
    return { ciphertext: `vault:v${keys.length}:${octets.toString('base64')}`, key_version: keys.length };
  };

  const decrypted = (item: Item): Result => {
    if (!item.ciphertext) return { error: 'missing ciphertext to decrypt' };
    const [, version, text] = /^vault:v(\d+):(.*)$/.exec(item.ciphertext) ?? [];
    if (version === undefined || text === undefined) return { error: 'invalid ciphertext: no prefix' };
    const key = keys[Number(version) - 1];
    if (!key) return { error: 'invalid ciphertext: version is too new' };
    if (Number(version) < double.oldest)
      return { error: 'ciphertext or signature version is disallowed by policy (too old)' };
    const octets = decoded(text);
    if (!octets || octets.length < 28) return { error: 'invalid ciphertext: could not decode base64' };
    const work = createDecipheriv('aes-256-gcm', key, octets.subarray(0, 12)).setAAD(boundOf(item));
    work.setAuthTag(octets.subarray(octets.length - 16));
    try {
      const plain = Buffer.concat([work.update(octets.subarray(12, octets.length - 16)), work.final()]);
      return { plaintext: plain.toString('base64') };
    } catch {
      return { error: 'cipher: message authentication failed' };
    }
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const double: VaultDouble = {
    address: new URL(`https://localhost:${(server.address() as AddressInfo).port}`),
    ca: authority.certificate,
    token: 'hvs.canary-token-0001',
    namespace: null,
    isSealed: false,
    isOld: false,
    oldest: 1,
    instead: null,
    asked,
    rotate: () => {
      keys.push(randomBytes(32));
    },
    [Symbol.asyncDispose]: () => closed(server),
  };
  return double;
}

/** As Go's `base64.StdEncoding` reads it: strictly; null where it is none. */
function decoded(text: string): Buffer | null {
  const octets = Buffer.from(text, 'base64');
  return octets.toString('base64') === text ? octets : null;
}

async function received(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
