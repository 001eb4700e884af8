import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { doveadmSessions } from '#connectors/doveadm/sessions.ts';
import { imapSource, ServerMemory } from '#connectors/imap/index.ts';
import { trySignIn } from '#connectors/imap/try-sign-in.ts';
import { ldapDirectory } from '#connectors/ldap/index.ts';
import { OAuthFiles } from '#connectors/oauth/index.ts';
import { SmtpPost } from '#connectors/smtp/index.ts';
import type { EndpointRules } from '#domain/endpoint-rules.ts';
import { Fault } from '#domain/fault.ts';
import { checkByImap, checkByLdap } from '#doors/password-check.ts';
import { type Log, type LogFields, silent } from '#lib/log.ts';
import type { Reach } from '#ports/reach.ts';
import { reachOf, type Resolve } from './reach.ts';

const never = new AbortController().signal;
const name = 'mail.corp.example';
const secret = 'canary-4c1e-secret';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-reach-'));
});
afterAll(async () => rm(folder, { recursive: true }));

const only = (...networks: string[]): EndpointRules => ({ hosts: null, ports: null, networks });

/** A resolver that answers with one list of addresses after the other, the last for ever; it counts how often it is asked. */
function resolving(...answers: readonly (readonly string[])[]): {
  readonly resolve: Resolve;
  readonly asked: () => number;
} {
  let asked = 0;
  const resolve: Resolve = (_, __, done) => {
    const addresses = answers[Math.min(asked++, answers.length - 1)] ?? [];
    setImmediate(() =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
    );
  };
  return { resolve, asked: () => asked };
}

/** Whoever comes is counted and shown out. */
async function listening(
  host: string,
  port = 0,
): Promise<AsyncDisposable & { readonly port: number; readonly came: () => number }> {
  let came = 0;
  const server: Server = createServer((socket) => {
    came++;
    socket.on('error', () => undefined);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    came: () => came,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const endpoint = (host: string, port: number) =>
  ({ given: '', name: '', security: 'clear', host, port, user: null, ca: null, verify: true }) as const;

type Knock = (host: string, port: number, reach: Reach) => Promise<unknown>;

/** Everything that an estate connects to, each with a credential in its hand. */
const knocks: Readonly<Record<string, Knock>> = {
  IMAP: (host, port, reach) =>
    imapSource({
      endpoint: endpoint(host, port),
      credentials: { current: async () => ({ kind: 'password', user: 'ann', password: secret, onBehalfOf: null }) },
      log: silent,
      servers: new ServerMemory(),
      name: '',
      reach,
    })(never),
  probes: async (host, port, reach) => {
    const tried = await trySignIn({ endpoint: endpoint(host, port), ca: null, verify: true }, reach)(
      'ann',
      secret,
      never,
    );
    throw new Error(tried);
  },
  LDAP: (host, port, reach) =>
    ldapDirectory({
      server: { host, port, security: 'clear', ca: null },
      bindDn: 'cn=godwit',
      password: async () => secret,
      base: '',
      reach,
    }).change('(uid=ann)', [], async () => null, never),
  doveadm: (host, port, reach) =>
    doveadmSessions({
      url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/`,
      key: async () => secret,
      kind: 'server',
      reach,
    }).count('ann', never),
  SMTP: (host, port, reach) =>
    new SmtpPost({
      server: { host, port, security: 'clear', ca: null, verify: true, signIn: null },
      password: async () => secret,
      reach,
    }).ready(never),
  OAuth: async (host, port, reach) => {
    const file = join(folder, `${host.replaceAll(':', '-')}-${port}.json`);
    const token_endpoint = `http://${host.includes(':') ? `[${host}]` : host}:${port}/token`;
    const written = { kind: 'client-credentials', client_id: 'us', client_secret: 'env:SECRET', token_endpoint };
    await writeFile(file, JSON.stringify(written));
    const files = new OAuthFiles(() => secret, { allowInsecureRequests: true, reach });
    await (await files.credentials(file, 'ann', silent)).current(never);
  },
};

const outcomeOf = (knock: Promise<unknown>): Promise<unknown> =>
  knock.then(
    () => 'in',
    (error: unknown) => error,
  );

describe.each(Object.entries(knocks))('%s', (_, knock) => {
  test.each([
    ['its own address', '127.0.0.1'],
    ['a mapped one', '::ffff:127.0.0.1'],
    ['a name', name],
    ['octal', '0177.0.0.1'],
  ])('goes nowhere where the settings allow no such network, written as %s', async (_form, host) => {
    await using server = await listening('127.0.0.1');
    const { resolve } = resolving(['127.0.0.1'], ['::ffff:127.0.0.1']);
    const outcome = await outcomeOf(knock(host, server.port, reachOf(only(), silent, resolve)));
    expect(outcome).toBeInstanceOf(Fault);
    expect((outcome as Fault).code).toBe('endpoint.refused');
    expect(server.came()).toBe(0);
  });

  test('connects to the very address that was judged, and never looks a name up again', async () => {
    await using judged = await listening('127.0.0.2');
    await using rebound = await listening('127.0.0.1', judged.port);
    const { resolve, asked } = resolving(['127.0.0.2'], ['127.0.0.1']);
    await outcomeOf(knock(name, judged.port, reachOf(only('127.0.0.2'), silent, resolve)));
    expect([judged.came(), rebound.came(), asked()]).toEqual([1, 0, 1]);
  });

  test('takes of several addresses those that are allowed', async () => {
    await using allowed = await listening('127.0.0.2');
    await using other = await listening('127.0.0.1', allowed.port);
    const { resolve } = resolving(['127.0.0.1', '169.254.169.254', '127.0.0.2']);
    await outcomeOf(knock(name, allowed.port, reachOf(only('127.0.0.2'), silent, resolve)));
    expect([allowed.came(), other.came()]).toEqual([1, 0]);
  });
});

test('a password is checked nowhere that is not allowed, and nobody is let in for it', async () => {
  await using server = await listening('127.0.0.1');
  const { resolve } = resolving(['127.0.0.1']);
  const reach = reachOf(only(), silent, resolve);
  const backend = { host: name, port: server.port, security: 'clear', ca: null, verify: true } as const;
  expect(await checkByImap(backend, reach)('ann', secret, never)).toBe('unsure');
  for (const scheme of ['ldap', 'ldaps']) {
    const asked = { url: `${scheme}://${name}:${server.port}`, dn: 'uid={local}', ca: null, verify: true };
    expect(await checkByLdap(asked, reach)('ann', secret, never)).toBe('unsure');
  }
  expect(server.came()).toBe(0);
});

test('where nothing is written a private place that is named may be connected to, and that is logged once', async () => {
  await using server = await listening('127.0.0.1');
  const logged: (readonly [string, LogFields | undefined])[] = [];
  const log: Log = { ...silent, info: (phrase, fields) => logged.push([phrase, fields]) };
  const { resolve } = resolving(['127.0.0.1']);
  for (let i = 0; i < 2; i++)
    await outcomeOf((knocks['SMTP'] as Knock)(name, server.port, reachOf(null, log, resolve)));
  expect(server.came()).toBe(2);
  expect(logged).toEqual([
    [
      'connecting to an address that is not public',
      { host: name, port: server.port, address: '127.0.0.1', network: 'loopback' },
    ],
  ]);
});

describe('an issuer of tokens', () => {
  /** Answers by what is told of the path, and notes what it was sent. */
  async function issuer(answer: (path: string) => { status: number; headers?: Record<string, string>; body?: string }) {
    const heard: string[] = [];
    const server = createHttpServer((request, response) => {
      let body = '';
      request.on('data', (text: Buffer) => (body += text.toString()));
      request.on('end', () => {
        heard.push(`${request.url} ${body}`);
        const { status, headers = {}, body: said = '' } = answer(request.url ?? '');
        response.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...headers }).end(said);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { url, heard, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
  }

  async function refusalOf(written: Record<string, string>, rules: EndpointRules | null): Promise<Fault> {
    const file = join(folder, 'oauth.json');
    await writeFile(
      file,
      JSON.stringify({ kind: 'client-credentials', client_id: 'us', client_secret: 'env:SECRET', ...written }),
    );
    const files = new OAuthFiles(() => secret, { allowInsecureRequests: true, reach: reachOf(rules, silent) });
    const outcome = await outcomeOf((await files.credentials(file, 'ann', silent)).current(never));
    if (!(outcome instanceof Fault)) throw new Error(`no fault: ${String(outcome)}`);
    return outcome;
  }

  test.each([301, 302, 303, 307, 308])(
    'that sends us on (%i) is not followed: the secret goes to nobody else',
    async (status) => {
      await using elsewhere = await issuer(() => ({ status: 200, body: '{"access_token":"x","token_type":"bearer"}' }));
      await using first = await issuer(() => ({ status, headers: { location: `${elsewhere.url}/token` } }));
      const { code } = await refusalOf({ token_endpoint: `${first.url}/token` }, null);
      expect(code).toBe('oauth.issuer.garbled');
      expect(first.heard).toHaveLength(1);
      expect(elsewhere.heard).toEqual([]);
    },
  );

  test('whose metadata name an address in our networks gets no secret sent there', async () => {
    await using inside = await issuer(() => ({ status: 200 }));
    await using outside = await issuer(() => ({
      status: 200,
      body: JSON.stringify({ issuer: outside.url, token_endpoint: `${inside.url}/token` }),
    }));
    const { code, message } = await refusalOf({ issuer: outside.url }, null);
    expect(code).toBe('endpoint.refused');
    expect(message).not.toContain(secret);
    expect(outside.heard).toHaveLength(1);
    expect(inside.heard).toEqual([]);
  });
});
