import { expect, test } from 'vitest';
import { silent } from '#lib/log.ts';
import { Authority } from '../../../labs/tls.ts';
import { inspectImap } from './inspect.ts';
import { ServerMemory } from './server-memory.ts';
import { password, type SpokenServer, spoken, type Talk } from './spoken.test-kit.ts';

const authority = new Authority();

const answers: Readonly<Record<string, readonly string[]>> = {
  NAMESPACE: ['* NAMESPACE (("INBOX." ".")) (("user." ".")) NIL'],
  ID: ['* ID ("name" "Cyrus IMAPD" "version" "3.6.1\u0007")'],
  LIST: [
    '* LIST (\\HasChildren \\Subscribed) "." INBOX',
    '* LIST (\\Sent) "." INBOX.Sent',
    '* LIST () "." user.otto',
    '* STATUS INBOX (MESSAGES 40 UIDNEXT 50 UIDVALIDITY 3)',
    '* STATUS INBOX.Sent (MESSAGES 2 UIDNEXT 50 UIDVALIDITY 3)',
    '* STATUS user.otto (MESSAGES 9 UIDNEXT 50 UIDVALIDITY 3)',
  ],
  GETQUOTAROOT: ['* QUOTAROOT INBOX user', '* QUOTA user (STORAGE 900 1000 MESSAGE 51 0)'],
  EXAMINE: ['* 40 EXISTS', '* OK [PERMANENTFLAGS (\\Seen \\Deleted)] no new ones', '* OK [UIDVALIDITY 3] ok'],
};
const abilities = 'LIST-STATUS LIST-EXTENDED SPECIAL-USE NAMESPACE ID QUOTA STATUS=SIZE APPENDLIMIT=1000000 UIDPLUS';

/** After the greeting: answers what a probe asks; `LOGIN` with `signIn`. */
async function answering(talk: Talk, signIn: string): Promise<void> {
  for (;;) {
    const { tag, verb, line } = await talk.command();
    const size = /STATUS (\S+) \(SIZE\)/.exec(line);
    if (size) talk.say(`* STATUS ${size[1]} (SIZE 700)\r\n`);
    for (const each of answers[verb] ?? []) talk.say(`${each}\r\n`);
    if (verb === 'CAPABILITY') talk.say(`* CAPABILITY IMAP4rev1 AUTH=PLAIN ${abilities}\r\n`);
    talk.say(`${tag} ${verb === 'LOGIN' ? signIn : 'OK done'}\r\n`);
  }
}

function look(
  server: SpokenServer,
  wishes: { security?: 'clear' | 'starttls' | 'tls'; ca?: string | null; secret?: string } = {},
) {
  const { secret } = wishes;
  const endpoint = {
    host: '127.0.0.1',
    port: server.port,
    security: wishes.security ?? 'clear',
    ca: wishes.ca ?? null,
    verify: true,
  } as const;
  return inspectImap({
    endpoint,
    credentials: secret === undefined ? null : { current: async () => password('ann', secret) },
    log: silent,
    servers: new ServerMemory(),
    name: 'imap://ann@127.0.0.1',
    commandDeadlineMs: 5_000,
  })(new AbortController().signal);
}

test('without credentials the server is described and nobody signs in', async () => {
  await using server = await spoken(async (talk) => {
    talk.say('* OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN AUTH=GSSAPI LOGINDISABLED] Welcome \u001b[2J\r\n');
    await answering(talk, 'OK in');
  });
  const seen = await look(server);
  expect(seen).toMatchObject({
    mailbox: null,
    fault: null,
    server: {
      kind: 'cyrus',
      signIn: 'not-tried',
      mechanisms: ['PLAIN', 'GSSAPI'],
      tls: null,
      id: { version: '3.6.1' },
    },
  });
  expect(JSON.stringify(seen.server)).not.toContain('\\u001b');
  expect(server.heard.some((line) => /LOGIN|AUTHENTICATE/.test(line))).toBe(false);
});

test('with credentials the mailbox is described, and nothing in it is changed', async () => {
  await using server = await spoken(async (talk) => {
    talk.say('* OK ready\r\n');
    await answering(talk, 'OK in');
  });
  const { mailbox, server: facts, fault } = await look(server, { secret: 'right' });
  expect(fault).toBeNull();
  expect(facts?.signIn).toBe('accepted');
  expect(mailbox).toMatchObject({
    separator: '.',
    messages: 42,
    bytes: 1400,
    appendLimitBytes: 1_000_000,
    newKeywords: false,
    namespaces: [
      { belongsTo: 'personal', prefix: 'INBOX.' },
      { belongsTo: 'other-users', prefix: 'user.' },
    ],
    quotas: [
      { resource: 'STORAGE', used: 900 * 1024, limit: 1000 * 1024 },
      { resource: 'MESSAGE', used: 51, limit: 0 },
    ],
  });
  expect(mailbox?.folders.map(({ path, belongsTo, bytes }) => [path, belongsTo, bytes])).toEqual([
    ['INBOX', 'personal', 700],
    ['Sent', 'personal', 700],
    ['user/otto', 'other-users', 700],
  ]);
  expect(server.heard.join('\n')).not.toMatch(/SELECT|STORE|APPEND|CREATE |SUBSCRIBE /);
});

test('a refused sign-in is told together with all that was seen before it', async () => {
  await using server = await spoken(async (talk) => {
    talk.say('* OK ready\r\n');
    await answering(talk, 'NO [AUTHENTICATIONFAILED] wrong');
  });
  const seen = await look(server, { secret: 'canary-wrong' });
  expect(seen.fault?.code).toBe('imap.sign-in.refused');
  expect(seen.server).toMatchObject({ signIn: 'refused', greeting: 'ready' });
  expect(JSON.stringify(seen)).not.toContain('canary');
});

test('a certificate that is not trusted is shown, over a connection on which nobody signs in', async () => {
  await using server = await spoken(async (talk) => {
    talk.say('* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready\r\n');
    const { tag } = await talk.command();
    talk.say(`${tag} OK begin\r\n`);
    talk.secure(authority.expired());
    await answering(talk, 'OK in');
  });
  const seen = await look(server, { security: 'starttls', ca: authority.certificate, secret: 'canary-secret' });
  expect(seen.fault?.code).toBe('imap.tls.expired');
  expect(seen.server?.tls).toMatchObject({
    trusted: false,
    names: expect.arrayContaining(['localhost']),
    version: 'TLSv1.3',
  });
  expect(server.heard.join('\n')).not.toContain('canary');
});

test('a certificate that is trusted is described', async () => {
  await using server = await spoken(async (talk) => {
    talk.say('* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready\r\n');
    const { tag } = await talk.command();
    talk.say(`${tag} OK begin\r\n`);
    talk.secure(authority.good());
    await answering(talk, 'OK in');
  });
  const { server: facts, fault } = await look(server, { security: 'starttls', ca: authority.certificate });
  expect(fault).toBeNull();
  expect(facts?.tls).toMatchObject({
    trusted: true,
    problem: null,
    issuer: expect.stringContaining('Godwit lab authority'),
  });
  expect(Date.parse(facts?.tls?.validTo ?? '')).toBeGreaterThan(Date.now());
});

test('STARTTLS that is not offered is the end of it: nothing more is said in the clear', async () => {
  await using server = await spoken(async (talk) => {
    talk.say('* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n');
    await answering(talk, 'OK in');
  });
  const seen = await look(server, { security: 'starttls', secret: 'canary-secret' });
  expect(seen.fault?.code).toBe('imap.starttls.missing');
  expect(server.heard.join('\n')).not.toMatch(/LOGIN|canary/);
});
