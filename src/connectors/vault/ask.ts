/**
 * One question to Vault by HTTP over TLS. The token is had anew for each, so that an agent may renew it in its file; no redirect is
 * followed with it; of what Vault answers only its `errors` are shown, short and without anything that was asked or is secret.
 */

import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import { withoutSecrets } from '#lib/redaction.ts';

export interface VaultPlace {
  /** `https://vault.corp.example:8200`; `http:` only to this machine, where an agent listens. */
  readonly address: URL;
  /** Of Vault Enterprise and OpenBao; null for none. */
  readonly namespace: string | null;
  /** Authorities to trust besides those of the machine, PEM. */
  readonly ca: string | null;
  readonly token: () => Promise<string>;
}

const answerMaxMs = 10_000;
/** 500 answers of 300 octets each, and room. */
const answerMaxOctets = 1_000_000;
const saidMax = 200;

/** The answer, read. Throws `secret.key.away` where it may be there again soon, and `secret.key.refused` for a person. */
export async function askVault(place: VaultPlace, path: string, body: unknown): Promise<unknown> {
  const token = await place.token();
  const sent = JSON.stringify(body);
  const { status, text } = await posted(place, path, token, sent).catch((error: unknown) => {
    throw isAboutTrust(error) ? refusedBy(place, messageOf(error)) : awayBy(place, messageOf(error));
  });
  const read = parsed(text);
  // Where every item of a batch was wrong Vault answers 400, with the answers to each beside it.
  if (status === 200 || (status === 400 && hasResults(read))) {
    if (read === undefined) throw refusedBy(place, 'its answer is no JSON.');
    return read;
  }
  const says = `status ${status}${saidIn(read, [token, ...valuesIn(body)])}`;
  if (status >= 300 && status < 400)
    throw refusedBy(place, `${status}: it sends elsewhere, and a token is not sent after it. Name the active server.`);
  throw isPassing(status) ? awayBy(place, says) : refusedBy(place, says);
}

export function refusedBy(place: VaultPlace, text: string): Error {
  return fault('secret.key.refused', { service: nameOf(place), text: cleanText(text, saidMax) });
}

function awayBy(place: VaultPlace, text: string): Error {
  return fault('secret.key.away', { service: nameOf(place), text: cleanText(text, saidMax) });
}

function nameOf({ address }: VaultPlace): string {
  return cleanText(`Vault at ${address.host}`, saidMax);
}

/** Sealed, starting, overloaded, or behind its peers (412, 473): it passes. */
function isPassing(status: number): boolean {
  return status >= 500 || [408, 412, 429, 472, 473].includes(status);
}

function isAboutTrust(error: unknown): boolean {
  const code = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? '') : '';
  return /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(code);
}

function messageOf(error: unknown): string {
  return withoutSecrets(error instanceof Error ? error.message : String(error));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function hasResults(answer: unknown): boolean {
  return Array.isArray(
    (answer as { readonly data?: { readonly batch_results?: unknown } } | null)?.data?.batch_results,
  );
}

/** What it says is wrong, unless it repeats something that nobody is to read. */
function saidIn(answer: unknown, hidden: readonly string[]): string {
  const errors = (answer as { readonly errors?: unknown } | null | undefined)?.errors;
  const said = Array.isArray(errors) ? errors.filter((each) => typeof each === 'string').join('; ') : '';
  if (said === '') return '';
  if (hidden.some((secret) => secret !== '' && said.includes(secret))) return ' (its words repeat what was asked)';
  return `: ${withoutSecrets(said)}`;
}

/** Every text that was sent, however deep. */
function valuesIn(body: unknown): readonly string[] {
  if (typeof body === 'string') return body.length < 8 ? [] : [body];
  return typeof body === 'object' && body !== null ? Object.values(body).flatMap(valuesIn) : [];
}

function posted(
  { address, namespace, ca }: VaultPlace,
  path: string,
  token: string,
  body: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const to = new URL(`/v1/${path}`, address);
  const send = to.protocol === 'https:' ? httpsRequest : httpRequest;
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-vault-token': token,
    // An agent may be told to want it, against requests that a browser was tricked into.
    'x-vault-request': 'true',
    ...(namespace === null ? {} : { 'x-vault-namespace': namespace }),
  };
  const signal = AbortSignal.timeout(answerMaxMs);
  return new Promise((resolve, reject) => {
    const asked = send(to, { method: 'POST', headers, signal, ...(ca === null ? {} : { ca }) }, (response) => {
      const parts: Buffer[] = [];
      let octets = 0;
      response.on('data', (part: Buffer) => {
        octets += part.length;
        if (octets > answerMaxOctets) asked.destroy(new Error('it answers with too much'));
        else parts.push(part);
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
      );
    });
    asked.once('error', reject);
    asked.end(body);
  });
}
