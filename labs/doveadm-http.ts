/** The doveadm HTTP API of a Dovecot of the labs: how it is set up, and how it is asked. */

import { randomBytes } from 'node:crypto';

/** The doveadm HTTP API: requests go to `url` with `Authorization: X-Dovecot-API` and the key in base64. */
export interface DoveadmHttp {
  readonly url: string;
  readonly key: string;
}

/** With a fresh key. */
export function doveadmHttpOn(port: number): DoveadmHttp {
  return { url: `http://127.0.0.1:${port}/doveadm/v1`, key: randomBytes(12).toString('hex') };
}

/** Says one command to the doveadm HTTP API and gives what it answers; throws what it refuses. */
export async function doveadmCall(api: DoveadmHttp, command: string, parameters: object = {}): Promise<unknown> {
  const response = await fetch(api.url, {
    method: 'POST',
    headers: { authorization: `X-Dovecot-API ${Buffer.from(api.key).toString('base64')}` },
    body: JSON.stringify([[command, parameters, 'lab']]),
  });
  if (!response.ok) throw new Error(`doveadm ${command}: HTTP ${response.status}`);
  const [answer] = (await response.json()) as readonly (readonly [string, unknown, string])[];
  if (answer?.[0] !== 'doveadmResponse') throw new Error(`doveadm ${command}: ${JSON.stringify(answer)}`);
  return answer[1];
}

/** What has to stand in the configuration for it. */
export function doveadmHttpService(port: number, key: string): string {
  return `
doveadm_api_key = ${key}
service doveadm {
  inet_listener http {
    address = 127.0.0.1
    port = ${port}
  }
}`;
}
