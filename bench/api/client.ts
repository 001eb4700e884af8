/** Fifty programs that ask the API, each the next as soon as it has the last answer: a process of its own, told by messages. */

import { Agent, request } from 'node:http';

export interface Round {
  readonly port: number;
  readonly bearer: string;
  readonly paths: readonly string[];
  readonly clients: number;
  readonly ms: number;
}

export interface RoundTold {
  /** Milliseconds, sorted. */
  readonly times: readonly number[];
  /** Answers that were not 200, by their status and the beginning of their text. */
  readonly wrong: readonly string[];
  readonly octets: number;
}

process.on('message', (round: Round) => {
  void ask(round).then((told) => process.send?.(told));
});
process.send?.('ready');

async function ask({ port, bearer, paths, clients, ms }: Round): Promise<RoundTold> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const [times, wrong]: [number[], string[]] = [[], []];
  let octets = 0;
  let next = 0;
  const until = performance.now() + ms;
  const one = async (): Promise<void> => {
    while (performance.now() < until) {
      const path = paths[next++ % paths.length] as string;
      const since = performance.now();
      const { status, text } = await get({ agent, port, path, bearer });
      times.push(performance.now() - since);
      octets += text.length;
      if (status !== 200 && wrong.length < 5) wrong.push(`${path}: ${status} ${text.slice(0, 200)}`);
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  agent.destroy();
  return { times: times.toSorted((a, b) => a - b), wrong, octets };
}

interface Asking {
  readonly agent: Agent;
  readonly port: number;
  readonly path: string;
  readonly bearer: string;
}

function get({ agent, port, path, bearer }: Asking): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${bearer}` };
    request({ agent, host: '127.0.0.1', port, path, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('latin1') }),
      );
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}
