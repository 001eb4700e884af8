/** All that processes of an estate answer by HTTP: every path of theirs that can be asked for, with a token and without. */

import type { KeptProcess } from './chaos-processes.ts';

export interface Face {
  readonly where: string;
  readonly text: Buffer;
}

/** Answers of each process that lives, and of the API where it is served. */
export async function answersOf(processes: readonly KeptProcess[], token: string): Promise<readonly Face[]> {
  const faces: Face[] = [];
  for (const { name, saidInAll } of processes) {
    // Of its lives the last one answers, for its health and for the API; at the addresses of the others nobody does.
    const places = new Set(
      [...saidInAll.join('').matchAll(/\bat(?:=|":")(127\.0\.0\.1:\d+)/g)].map(([, at]) => at ?? ''),
    );
    for (const address of places) {
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
async function answer(url: string, bearer: string | null): Promise<Buffer | null> {
  const headers: Record<string, string> = bearer === null ? {} : { authorization: `Bearer ${bearer}` };
  const parts: Buffer[] = [];
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(2_000) });
    parts.push(Buffer.from(`${response.status} ${JSON.stringify([...response.headers])}\n`));
    for await (const part of response.body ?? []) parts.push(Buffer.from(part as Uint8Array));
  } catch (error) {
    if (parts.length === 0 && !(error instanceof Error && error.name === 'TimeoutError')) return null;
  }
  return Buffer.concat(parts);
}
