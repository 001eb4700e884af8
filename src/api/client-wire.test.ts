/** One connection serves many questions, and remembers none of them. */

import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { readServerPlace } from '#domain/server-place.ts';
import { ClientWire } from './client-wire.ts';

const never = new AbortController().signal;

test('a connection that is kept holds nothing of the questions that were answered by it', async () => {
  const server = createServer((_, answer) => answer.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const place = readServerPlace(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  if ('problem' in place) throw new Error(place.problem);
  using wire = new ClientWire({ place, bearer: 'x', ca: null, version: '1.2.3' });
  const sockets = new Set<Socket>();
  const waiting: number[] = [];
  for (let asked = 0; asked < 30; asked++) {
    const answer = await wire.send({ method: 'GET', path: '/', body: null, headers: {}, withinMs: 60_000 }, never);
    sockets.add(answer.socket);
    waiting.push(answer.socket.listenerCount('timeout'));
    await answer.toArray();
  }
  expect(sockets.size).toBe(1);
  expect(Math.max(...waiting)).toBeLessThan(5);
});
