/** Where a process tells how it does, when another one is there already. */

import { once } from 'node:events';
import net from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { readListen, usualListen } from '#domain/listen.ts';
import { silent } from '#lib/log.ts';
import { goToWork } from './at-work.ts';

const usual = readListen(usualListen)?.at ?? { host: '', port: 0 };
const who = { role: 'worker', version: '1.0', log: silent } as const;

/** Somebody listens there, if nobody does already. */
async function taken(listen: { readonly host: string; readonly port: number }): Promise<number> {
  const other = net.createServer();
  onTestFinished(() => void other.close());
  const came = Promise.race([once(other, 'listening'), once(other, 'error')]);
  other.listen(listen);
  await came.catch(() => undefined); // another process was faster, which serves as well
  return (other.address() as net.AddressInfo | null)?.port ?? listen.port;
}

test('a second process on a machine listens on another port than the usual one, which nobody asked for', async () => {
  await taken(usual);
  await using atWork = await goToWork({ ...who, listen: usual });
  expect(atWork.at?.port).not.toBe(usual.port);
  const answer = await fetch(`http://127.0.0.1:${atWork.at?.port}/readyz`);
  expect({ status: answer.status, body: await answer.json() }).toEqual({
    status: 503,
    body: { ready: false, why: 'starting' },
  });
});

test('a port that was asked for and is taken is a fault', async () => {
  const port = await taken({ host: '127.0.0.1', port: 0 });
  await expect(goToWork({ ...who, listen: { host: '127.0.0.1', port } })).rejects.toMatchObject({
    code: 'listen.unusable',
  });
});

test('who is to listen nowhere listens nowhere', async () => {
  await using atWork = await goToWork({ ...who, listen: null });
  expect(atWork.at).toBeNull();
});
