/** Where the API may listen, as a godwit.yaml says it. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { usualFileLimits } from '#domain/api-settings.ts';
import { readEstate } from './read-estate.ts';

async function api(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-api-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'godwit.yaml');
  const side = (host: string) => `{ url: imaps://${host}, admin: mover, secret: env:PW }`;
  await writeFile(file, `source: ${side('old.example')}\ntarget: ${side('new.example')}\n${text}`);
  return (await readEstate(file)).api;
}

test('without settings it is not answered at all', async () => {
  expect(await api('')).toBeNull();
});

test.each(['127.0.0.1:8030', '"[::1]:8030"', 'unix:/run/godwit/api'])('in clear text it listens at %s', async (at) => {
  expect(await api(`api: { listen: ${at} }`)).toMatchObject({ tls: null, behindProxy: false });
});

test('other machines come by TLS, or by a proxy, or not at all', async () => {
  await expect(api("api: { listen: '0.0.0.0:8030' }")).rejects.toThrow(
    'api.listen: other machines could come here in clear text',
  );
  expect(await api("api: { listen: '0.0.0.0:8030', behind-proxy: true }")).toMatchObject({ behindProxy: true });
  expect(await api("api: { listen: '0.0.0.0:8030', tls: { certificate: a.crt, key: /etc/a.key } }")).toMatchObject({
    tls: { certificate: expect.stringMatching(/\/a\.crt$/), key: '/etc/a.key' },
  });
});

test('what is taken in of files has a bound, and one file is no larger than all of them', async () => {
  const at = "listen: '127.0.0.1:8030'";
  expect(await api(`api: { ${at} }`)).toMatchObject({ files: usualFileLimits });
  expect(await api(`api: { ${at}, files: { largest: 5M, together: 5242880 } }`)).toMatchObject({
    files: { largest: 5_242_880, together: 5_242_880 },
  });
  await expect(api(`api: { ${at}, files: { largest: 20G } }`)).rejects.toThrow('one file cannot be larger than all');
  await expect(api(`api: { ${at}, files: { largest: much } }`)).rejects.toThrow('api.files.largest');
});

test.each([
  ['half a certificate', "{ listen: '127.0.0.1:8030', tls: { key: a.key } }", 'needs both certificate and key'],
  ['no place', '{ listen: here }', 'must be a host and a port'],
  ['nothing of where', '{ behind-proxy: true }', 'api.listen is missing'],
  ['what is no setting', "{ listen: '127.0.0.1:8030', token: x }", '"token" is no setting'],
])('%s is told before anything starts', async (_, text, says) => {
  await expect(api(`api: ${text}`)).rejects.toThrow(says);
});
