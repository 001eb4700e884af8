import { fastify } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import { silent } from '#lib/log.ts';
import { sendLines } from './lines.ts';

/** Tells `lines` at any free port until the test is over. */
async function told(lines: () => AsyncIterable<readonly unknown[]>): Promise<string> {
  const http = fastify();
  http.get('/', (_request, reply) =>
    sendLines(reply, lines(), {
      tell: (line) => JSON.stringify(line),
      signal: new AbortController().signal,
      log: silent,
      aliveMs: 5,
    }),
  );
  http.setErrorHandler((_error, _request, reply) => reply.code(409).send('refused'));
  onTestFinished(() => http.close());
  return http.listen({ host: '127.0.0.1', port: 0 });
}

test('who waits for a look that takes long sees by empty lines that it goes on', async () => {
  const seen = Promise.withResolvers<void>();
  async function* slow() {
    await seen.promise;
    yield [1, 2];
  }
  const response = await fetch(await told(slow));
  let text = '';
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    seen.resolve();
  }
  expect(text).toMatch(/^\n+1\n2\n$/);
});

test('what fails before anything was told is told as a problem, and what fails later has no end', async () => {
  async function* refused() {
    yield [await Promise.reject(fault('api.refused', { text: 'no', outcome: { kind: 'no' } }))];
  }
  expect((await fetch(await told(refused))).status).toBe(409);
  const seen = Promise.withResolvers<void>();
  async function* broken() {
    yield [1];
    await seen.promise;
    throw new Error('the wave is gone');
  }
  const response = await fetch(await told(broken));
  expect(response.status).toBe(200);
  seen.resolve();
  await expect(response.text()).rejects.toThrow('terminated');
});
