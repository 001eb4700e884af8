/** All that processes of an estate answer by HTTP: every path of theirs that can be asked for, with a token and without. */

import type { KeptProcess } from './chaos-processes.ts';

export interface Face {
  readonly where: string;
  readonly text: Buffer;
}

/** Answers of each process that lives, and of the API where it is served. */
export async function answersOf(processes: readonly KeptProcess[], token: string): Promise<Face[]> {
  const faces: Face[] = [];
  for (const { name, saidInAll } of processes) {
    for (const address of placesOf(saidInAll)) {
      const paths = ['/metrics', '/readyz', '/healthz', '/nothing/here', ...(await described(address))];
      for (const path of paths)
        for (const bearer of [null, token, 'a-wrong-token']) {
          const text = await answer(`http://${address}${path}`, bearer);
          if (text !== null) faces.push({ where: `${name} ${path}`, text });
        }
    }
  }
  if (faces.length < 50) throw new Error('hardly anything answers by HTTP');
  return faces;
}

/**
 * A secret set by HTTP: as it should be, twice under one key, under one key with another secret, and in places where none belongs.
 * None of the answers may have it in it.
 */
export async function toldSecrets(
  processes: readonly KeptProcess[],
  token: string,
  secret: string,
): Promise<readonly Face[]> {
  const faces: Face[] = [];
  let set = 0;
  const orders: readonly (readonly [key: string, body: unknown])[] = [
    ['canary-key-1', { name: 'by-http', secret }],
    ['canary-key-1', { name: 'by-http', secret }],
    ['canary-key-1', { name: 'by-http', secret: `${secret}?` }],
    ['canary-key-2', { name: secret.replace('y', ' '), secret }],
    ['canary-key-3', { name: 'by-http', secret: [secret] }],
    // A field that nobody knows is named to whoever sent it, so its name is none of the canaries.
    ['canary-key-4', { name: 'by-http', secret, secrets: [secret] }],
    ['canary-key-5', `{"name":"by-http","secret":"${secret}`],
  ];
  for (const { name, saidInAll } of processes)
    for (const address of placesOf(saidInAll))
      for (const [key, body] of orders) {
        const text = await answer(`http://${address}/v1/secrets`, token, { key, body });
        if (text === null) continue;
        if (/^20\d /.test(text.toString('latin1'))) set++;
        faces.push({ where: `${name} POST /v1/secrets`, text });
      }
  if (set === 0) throw new Error('no secret was set by HTTP');
  return faces;
}

/** Of its lives the last one answers, for its health and for the API; at the addresses of the others nobody does. */
function placesOf(said: readonly string[]): ReadonlySet<string> {
  return new Set([...said.join('').matchAll(/\bat(?:=|":")(127\.0\.0\.1:\d+)/g)].map(([, at]) => at ?? ''));
}

/** What may be got, by the API's own description; names of mailboxes and waves filled in. */
async function described(address: string): Promise<readonly string[]> {
  const text = await answer(`http://${address}/openapi.json`, null);
  if (text === null || !text.includes('"openapi"')) return [];
  const { paths } = JSON.parse(text.toString('utf8').split('\n').slice(1).join('\n')) as {
    paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  return [
    '/openapi.json',
    ...Object.entries(paths)
      .filter(([, methods]) => 'get' in methods)
      .map(([path]) =>
        path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
          name === 'address' ? 'user0%40corp.example' : name === 'wave' ? 'chaos' : '1',
        ),
      ),
  ];
}

/** Status line, headers and body; null where nobody is there. What never ends is read for a second. */
async function answer(
  url: string,
  bearer: string | null,
  order: { readonly key: string; readonly body: unknown } | null = null,
): Promise<Buffer | null> {
  const headers: Record<string, string> = {
    ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
    ...(order === null ? {} : { 'content-type': 'application/json', 'idempotency-key': order.key }),
  };
  const body = order === null || typeof order.body === 'string' ? order?.body : JSON.stringify(order.body);
  const asked = order === null ? {} : { method: 'POST', body: body as string };
  const parts: Buffer[] = [];
  try {
    const response = await fetch(url, { ...asked, headers, signal: AbortSignal.timeout(2_000) });
    parts.push(Buffer.from(`${response.status} ${JSON.stringify([...response.headers])}\n`));
    for await (const part of response.body ?? []) parts.push(Buffer.from(part as Uint8Array));
  } catch (error) {
    if (parts.length === 0 && !(error instanceof Error && error.name === 'TimeoutError')) return null;
  }
  return Buffer.concat(parts);
}
