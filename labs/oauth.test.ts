/**
 * Signing in to a real Dovecot with tokens of an issuer of ours, which Dovecot asks about each of them (RFC 7662):
 * tokens that expire in the middle, are taken back and are refused. Neither Exchange Online nor Google is part of
 * this.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { imapSource, imapTarget, ServerMemory } from '#connectors/imap/index.ts';
import { OAuthFiles } from '#connectors/oauth/index.ts';
import { type Fault, isFault } from '#domain/fault.ts';
import type { MailboxReport } from '#domain/report.ts';
import { everything } from '#domain/selection.ts';
import { memoryLedger } from '#ledger-file/memory.ts';
import { silent } from '#lib/log.ts';
import { copyMailbox } from '#operations/copy-mailbox.ts';
import type { Reader } from '#ports/mailbox.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { type Issuer, startIssuer } from './issuer.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import type { LabUser } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { startProxy } from './tcp-proxy.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('sign-in with OAuth', dovecot);

const ada = { name: 'ada', password: 'not used with tokens' };
const ben = { name: 'ben', password: 'not used with tokens' };
const cyd = { name: 'cyd', password: 'not used with tokens' };
const never = new AbortController().signal;

let folder: string;
let issuer: Issuer;
const secrets: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-oauth-lab-'));
  issuer = await startIssuer();
  const key = { client_email: issuer.serviceEmail, private_key: issuer.serviceKeyPem };
  await writeFile(join(folder, 'key.json'), JSON.stringify(key));
});
afterAll(async () => {
  await issuer[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  issuer.lifetimeSeconds = 3_600;
});

/** Dovecot that takes tokens by these mechanisms and asks the issuer about each. */
async function dovecotTaking(mechanisms: string): Promise<DovecotServer> {
  const file = join(folder, `oauth2-${mechanisms.replaceAll(' ', '-')}.conf.ext`);
  const lines = [
    'introspection_mode = post',
    `introspection_url = ${issuer.introspectionUrl}`,
    'force_introspection = yes',
    'username_attribute = email',
    'active_attribute = active',
    'active_value = true',
  ];
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o644 });
  const extra = `auth_mechanisms = plain ${mechanisms}\npassdb {\n  driver = oauth2\n  mechanisms = ${mechanisms}\n  args = ${file}\n}\n`;
  return startDovecot({ users: [ada, ben, cyd], extra });
}

/** Signs in by the credentials of one OAuth file, as often as it is called. */
async function signer(kind: 'service-account' | 'refresh-token') {
  const settings =
    kind === 'service-account'
      ? { kind, key: 'file:key.json', token_endpoint: issuer.serviceTokenEndpoint }
      : { kind, client_id: 'person', refresh_token: 'env:REFRESH', token_endpoint: issuer.tokenEndpoint };
  const path = join(folder, `${kind}.json`);
  await writeFile(path, JSON.stringify(settings));
  const files = new OAuthFiles((name) => secrets[name], { allowInsecureRequests: true });
  return async (port: number, user: string) => ({
    endpoint: { host: '127.0.0.1', port, security: 'clear' as const, ca: null, verify: true },
    credentials: await files.credentials(path, user, silent),
    log: silent,
    servers: new ServerMemory(),
    name: `imap+plain://${user}@127.0.0.1:${port}`,
  });
}

async function inbox(reader: Reader): Promise<boolean> {
  return (await reader.folders()).folders.some(({ path }) => path[0] === 'INBOX');
}

async function faultOf(opening: Promise<Reader>): Promise<Fault> {
  const outcome: unknown = await opening.then(
    (reader) => reader[Symbol.asyncDispose](),
    (error: unknown) => error,
  );
  for (const code of ['oauth.grant.revoked', 'oauth.token.refused'] as const)
    if (isFault(outcome, code)) return outcome;
  throw new Error('another outcome', { cause: outcome });
}

describe.runIf(dovecot.ok)('tokens open a mailbox', () => {
  test.each([
    ['service-account', 'oauthbearer'],
    ['service-account', 'xoauth2'],
    ['refresh-token', 'xoauth2 oauthbearer'],
  ] as const)('of a %s, by %s', async (kind, mechanisms) => {
    secrets['REFRESH'] = await issuer.consent('ada');
    await using server = await dovecotTaking(mechanisms);
    const sign = await signer(kind);
    await using reader = await imapSource(await sign(server.port, 'ada'))(never);
    expect(await inbox(reader)).toBe(true);
  });

  test('a token that expires in mid-session leaves the session be, and the next sign-in has a fresh one', async () => {
    await using server = await dovecotTaking('xoauth2');
    const options = await (await signer('service-account'))(server.port, 'ada');
    issuer.lifetimeSeconds = 1;
    const before = issuer.requests.length;
    await using first = await imapSource(options)(never);
    await sleep(1_200);
    expect(await inbox(first)).toBe(true);
    await using second = await imapSource(options)(never);
    expect(await inbox(second)).toBe(true);
    expect(issuer.requests.length - before).toBe(2);
  });

  test('a token that was taken back before its time is replaced by a fresh one', async () => {
    await using server = await dovecotTaking('oauthbearer');
    const options = await (await signer('service-account'))(server.port, 'ada');
    await using first = await imapSource(options)(never);
    await issuer.forget('ada');
    const before = issuer.requests.length;
    await using second = await imapSource(options)(never);
    expect(await inbox(first)).toBe(true);
    expect(await inbox(second)).toBe(true);
    expect(issuer.requests.length - before).toBe(1);
  });

  test('a token for one mailbox does not open another, and that is said as what it is', async () => {
    secrets['REFRESH'] = await issuer.consent('ada');
    await using server = await dovecotTaking('oauthbearer');
    const refusal = await faultOf(imapSource(await (await signer('refresh-token'))(server.port, 'ben'))(never));
    expect(refusal).toMatchObject({ code: 'oauth.token.refused', retry: 'operator' });
    expect(refusal.message).toContain('ben');
  });
});

describe.runIf(dovecot.ok)('a line that breaks in the middle of a copy', () => {
  const messages = Array.from({ length: 300 }, (_, n) => ({
    name: String(n),
    bytes: Buffer.from(
      `Message-ID: <${n}@oauth.test>\r\nSubject: ${n}\r\n\r\n${'All work and no play.\r\n'.repeat(400)}`,
    ),
  }));

  /** Copies an account to ben's; a third of the way `atThird` is called, and at half of it the line is cut. */
  async function copied(owner: LabUser, atThird: () => Promise<void>): Promise<MailboxReport> {
    await using server = await dovecotTaking('xoauth2 oauthbearer');
    const { bytes } = await seedAccount(server, owner, [{ path: ['INBOX'], messages }]);
    let passed = 0;
    let done: Promise<void> | null = null;
    await using between = await startProxy(server, {
      toClient(chunk) {
        passed += chunk.length;
        if (passed > bytes / 3) done ??= atThird();
        return chunk;
      },
      harm: (connection) => (connection === 0 ? { direction: 'to-client', afterBytes: bytes / 2, how: 'cut' } : null),
    });
    const sign = await signer('service-account');
    const source = await sign(between.port, owner.name);
    const target = await sign(server.port, 'ben');
    const report = await copyMailbox(
      {
        pair: { source: source.name, target: target.name },
        openSource: imapSource(source),
        openTarget: imapTarget(target),
        ledger: memoryLedger(),
        choices: {
          selection: everything,
          delete: false,
          prove: 'sample',
          dryRun: false,
          followSeconds: null,
          retryRefused: false,
        },
        watcher: { planned() {}, progress() {}, folder() {}, caughtUp() {} },
        log: silent,
        pace: null,
      },
      never,
    );
    await done;
    expect(between.harmed()).toBe(1);
    return report;
  }

  test('is joined again with a fresh token when the old one was taken back meanwhile, and all mail arrives', async () => {
    const report = await copied(ada, () => issuer.forget('ada'));
    expect(report.fault).toBeNull();
    expect(report.copied).toBe(messages.length);
    expect(issuer.assertions.filter(({ claims }) => claims.sub === 'ada').length).toBeGreaterThan(1);
  });

  test('is not joined again once the consent is gone, and the report says so', async () => {
    const report = await copied(cyd, () => issuer.revoke('cyd'));
    expect(report.fault?.code).toBe('oauth.grant.revoked');
    expect(report.fault?.remedy).toContain('Grant it again');
    expect(report.copied).toBeLessThan(messages.length);
  });
});
