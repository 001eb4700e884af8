/**
 * No secret is ever shown: a marked password or token goes through whole runs of the command at its most talkative, and
 * is then looked for in all it printed, logged, reported and kept, as it is and within base64.
 */

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startDovecot } from './dovecot.ts';
import { freshState, godwitCopy, startGodwit, type Ran, urlOf } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { politeServer } from './scripted-server.ts';
import { skipAloud } from './skip-aloud.ts';
import { listen } from './tcp-proxy.ts';
import { Authority } from './tls.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('secrets in logs', dovecot);

const mark = /canary.?5e1f/;
const ada = { name: 'ada', password: 'canary-5e1f-of-ada' };
const ben = { name: 'bän', password: 'canary"5e1f\\of bän' };
const talkative = ['--log-level', 'trace', '--log-format', 'json'];

/** Everything a run left behind. */
async function leftBy(ran: Ran, state: string): Promise<string> {
  const files = await readdir(state, { recursive: true, withFileTypes: true });
  const kept = files
    .filter((file) => file.isFile())
    .map((file) => readFile(join(file.parentPath, file.name), 'latin1'));
  return [ran.stdout, ran.stderr, ...(await Promise.all(kept))].join('\n');
}

/** As it is, in JSON's escapes, and decoded wherever it looks like base64. */
function expectNoMark(text: string): void {
  const plain = text.replaceAll('\\', '');
  expect(plain.match(mark)?.[0]).toBeUndefined();
  for (const run of text.match(/[A-Za-z0-9+/_-]{12,}/g) ?? []) {
    for (const shift of [0, 1, 2, 3]) {
      const decoded = Buffer.from(run.slice(shift), 'base64').toString('latin1');
      expect(decoded.match(mark)?.[0]).toBeUndefined();
    }
  }
}

describe.runIf(dovecot.ok)('a secret is shown nowhere', () => {
  test('when all goes well', async () => {
    await using server = await startDovecot({ users: [ada, ben] });
    await using state = await freshState();
    const ran = await godwitCopy(
      { port: server.port, user: ada },
      { port: server.port, user: ben },
      state.path,
      talkative,
    );
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain('AUTHENTICATE');
    expectNoMark(await leftBy(ran, state.path));
  });

  test('when it is wrong', async () => {
    await using server = await startDovecot({ users: [ada, { ...ben, password: 'another' }] });
    await using state = await freshState();
    const ran = await godwitCopy(
      { port: server.port, user: ada },
      { port: server.port, user: ben },
      state.path,
      talkative,
    );
    expect(ran.code).toBe(4);
    expectNoMark(await leftBy(ran, state.path));
  });
});

/** The last word of a sign-in, out of its base64. */
function decoded(line: string): string {
  return Buffer.from(line.split(' ').at(-1) ?? '', 'base64')
    .toString('latin1')
    .replaceAll('\0', ' ');
}

test.each([
  ['in its refusal', 4, (line: string) => `${line.split(' ')[0]} NO what is ${line}?\r\n`],
  ['in words nobody asked for', 4, (line: string) => `* OK you said ${line}\r\n${line.split(' ')[0]} NO no\r\n`],
  ['decoded', 4, (line: string) => `${line.split(' ')[0]} NO no such password: ${decoded(line)}\r\n`],
  [
    'as it lets us in',
    0,
    (line: string) => `* OK [ALERT] ${line}\r\n${line.split(' ')[0]} OK [ALERT] welcome, ${decoded(line)}\r\n`,
  ],
] as const)('a server that repeats the secret %s does not get it shown', async (_, code, echo) => {
  for (const user of [ada, ben]) {
    await using server = await politeServer((line, say) => {
      if (!/^\w+ (?:LOGIN|AUTHENTICATE) /.test(line)) return false;
      say(echo(line));
      return true;
    });
    await using state = await freshState();
    const target = { port: server.port, user: { ...user, name: 'cyd' } };
    const ran = await godwitCopy({ port: server.port, user }, target, state.path, talkative);
    expect(server.heard()).toMatch(/LOGIN|AUTHENTICATE/);
    expect(ran.code).toBe(code);
    expectNoMark(await leftBy(ran, state.path));
  }
});

test.each([
  'postgresql://ann:canary-5e1f-of-db@127.0.0.1:1/estate',
  'postgres://ann:canary-5e1f/of@db@localhost.invalid/estate?sslmode=require',
  'postgresql:/ann:canary-5e1f-of-db@127.0.0.1/estate',
  'postgresql://ann:canary-5e1f%zz@127.0.0.1:1/estate',
  'postgresql://ann:canary-5e1f of db@127.0.0.1:port/estate',
  'postgresql://127.0.0.1:1/estate?user=ann&password=canary-5e1f-of-db',
  'host=127.0.0.1 port=1 user=ann password=canary-5e1f-of-db',
])('a DATABASE_URL that leads nowhere does not get its password shown: %s', async (url) => {
  await using state = await freshState();
  const args = ['status', '--state', state.path, ...talkative];
  const ran = await startGodwit(args, { DATABASE_URL: url }).ended;
  expect(ran.code).not.toBe(0);
  expect(ran.stderr).toMatch(/database/);
  expectNoMark(await leftBy(ran, state.path));
});

test.each([
  [
    'refuses them',
    400,
    '{"error":"invalid_client","error_description":"who is canary-5e1f-of-app?"}',
    'oauth.client.refused',
  ],
  ['gives a token of no use', 200, '{"access_token":"canary-5e1f-token"}', 'oauth.issuer.garbled'],
])('an issuer that %s does not get secrets and tokens shown', async (_, status, body, code) => {
  await using state = await freshState();
  const authority = new Authority();
  const pem = authority.good();
  // The target says nothing to who signs in, so that it is the source's trouble that ends the copy.
  await using closed = await politeServer((line) => /^\w+ (?:LOGIN|AUTHENTICATE) /.test(line));
  const server = createServer({ key: pem.key, cert: pem.certificate }, (request, response) => {
    request.resume().on('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end(body));
  });
  const port = await listen(server);
  await writeFile(join(state.path, 'ca.pem'), authority.certificate);
  const settings = {
    kind: 'client-credentials',
    client_id: 'app',
    client_secret: 'env:APP_SECRET',
    token_endpoint: `https://localhost:${port}/token`,
  };
  await writeFile(join(state.path, 'oauth.json'), JSON.stringify(settings));
  const run = (environment: Readonly<Record<string, string>>): Promise<Ran> =>
    startGodwit(
      [
        'copy',
        urlOf({ port, user: ada }),
        urlOf({ port: closed.port, user: ben }),
        '--source-oauth',
        join(state.path, 'oauth.json'),
      ].concat(['--target-secret', 'env:TARGET', '--state', join(state.path, 'ledger'), '-o', 'json', ...talkative]),
      { APP_SECRET: 'canary-5e1f-of-app', TARGET: ben.password, ...environment },
    ).ended;
  try {
    const trusting = await run({ NODE_EXTRA_CA_CERTS: join(state.path, 'ca.pem') });
    expect(trusting.stdout).toContain(code);
    expect(trusting.code).toBe(4);
    expectNoMark(await leftBy(trusting, state.path));
    const wary = await run({});
    expect(wary.stdout).toContain('oauth.issuer.untrusted');
    expect(wary.code).toBe(4);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
