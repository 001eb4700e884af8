import { expect, test } from 'vitest';
import { Authority, selfSigned } from '../../../labs/tls.ts';
import { faultOfVisit, password, saying, serve, spoken, type Talk, visit } from './spoken.test-kit.ts';

const secret = 'canary-77f0-password';
const credential = password('ann', secret);
const authority = new Authority();
const good = authority.good();

/** Greets in the clear and agrees to STARTTLS, with `behind` in the same write. */
async function agreeing(talk: Talk, behind = ''): Promise<void> {
  talk.say('* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready\r\n');
  const { tag, verb } = await talk.command();
  expect(verb).toBe('STARTTLS');
  talk.say(`${tag} OK begin\r\n${behind}`);
}

test('STARTTLS protects the connection before anything secret is said', async () => {
  await using server = await spoken(async (talk) => {
    await agreeing(talk);
    talk.secure(good);
    await serve(talk, 'AUTH=PLAIN', saying('OK in'));
  });
  const { session } = await visit(server, { credential, security: 'starttls', ca: authority.certificate });
  session.leave();
  expect(server.talks[0]?.inTheClear).not.toContain('ann');
  expect(server.heard.some((line) => line.includes(secret))).toBe(true);
});

test('what the server said in the clear counts for nothing once TLS is on', async () => {
  await using server = await spoken(async (talk) => {
    await agreeing(talk);
    talk.secure(good);
    await serve(talk, 'LOGINDISABLED AUTH=GSSAPI', saying('OK in'));
  });
  const fault = await faultOfVisit(visit(server, { credential, security: 'starttls', ca: authority.certificate }));
  expect(fault.code).toBe('imap.sign-in.no-mechanism');
  expect(server.heard.join('\n')).not.toContain(secret);
});

test.each([
  [
    'not offered',
    async (talk: Talk) => {
      talk.say('* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n');
      await serve(talk, 'AUTH=PLAIN', saying('OK in'));
    },
  ],
  [
    'not offered in answer to CAPABILITY',
    async (talk: Talk) => {
      talk.say('* OK ready\r\n');
      await serve(talk, 'AUTH=PLAIN', saying('OK in'));
    },
  ],
  [
    'refused',
    async (talk: Talk) => {
      talk.say('* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready\r\n');
      const { tag } = await talk.command();
      talk.say(`${tag} NO not today\r\n`);
      await serve(talk, 'AUTH=PLAIN', saying('OK in'));
    },
  ],
])('STARTTLS that is %s ends the matter, and nothing is sent in the clear', async (_, script) => {
  await using server = await spoken(script);
  const fault = await faultOfVisit(visit(server, { credential, security: 'starttls' }));
  expect(fault.code).toBe('imap.starttls.missing');
  expect(server.talks).toHaveLength(1);
  expect(server.talks[0]?.inTheClear).not.toMatch(/LOGIN|AUTHENTICATE|ann|canary/);
});

test.each([
  ['a whole response', '* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n'],
  ['the answer to a command to come', 'g2 OK in\r\n'],
  ['part of a line', '* OK inj'],
])('%s behind the agreement to STARTTLS is taken for what it is: injected', async (_, injected) => {
  await using server = await spoken(async (talk) => {
    await agreeing(talk, injected);
    talk.secure(good);
    await serve(talk, 'AUTH=PLAIN', saying('OK in'));
  });
  const fault = await faultOfVisit(visit(server, { credential, security: 'starttls', ca: authority.certificate }));
  expect(fault.code).toBe('imap.starttls.injected');
  expect(server.heard.join('\n')).not.toContain(secret);
});

test('PREAUTH before TLS leaves no way to protect the connection, so nothing at all is said', async () => {
  await using server = await spoken(async (talk) => {
    talk.say('* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome\r\n');
    await serve(talk, 'STARTTLS', saying('OK in'));
  });
  const fault = await faultOfVisit(visit(server, { credential, security: 'starttls' }));
  expect(fault.code).toBe('imap.preauth.before-tls');
  expect(server.talks[0]?.inTheClear).toBe('');
});

test.each([
  ['signed by itself', selfSigned(), 'imap.tls.untrusted'],
  ['out of date', authority.expired(), 'imap.tls.expired'],
  ['for another host', authority.wrongHost(), 'imap.tls.wrong-host'],
] as const)('a certificate %s behind STARTTLS stops before the secret is sent', async (_, pem, code) => {
  await using server = await spoken(async (talk) => {
    await agreeing(talk);
    talk.secure(pem);
    await serve(talk, 'AUTH=PLAIN', saying('OK in'));
  });
  const fault = await faultOfVisit(visit(server, { credential, security: 'starttls', ca: authority.certificate }));
  expect(fault.code).toBe(code);
  expect(server.heard.join('\n')).not.toContain(secret);
});

test('a server that agrees to STARTTLS and then speaks in the clear is no server to sign in to', async () => {
  await using server = await spoken(async (talk) => {
    await agreeing(talk);
    await talk.something();
    talk.say('* OK still in the clear\r\n');
  });
  const fault = await faultOfVisit(visit(server, { credential, security: 'starttls' }));
  expect(fault.code).toBe('imap.tls.failed');
  expect(server.heard.join('\n')).not.toContain(secret);
});
