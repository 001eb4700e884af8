import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Credential, Credentials } from '#ports/credentials.ts';
import { ServerMemory } from './server-memory.ts';
import {
  faultOfVisit,
  noted,
  offering,
  password,
  saying,
  spoken,
  type SpokenServer,
  visit,
} from './spoken.test-kit.ts';

const secret = 'canary-e81b-password';
const ann = password('ann', secret);
const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const clear = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString('utf8');

const signIns = (server: SpokenServer): readonly string[] =>
  server.heard.filter((line) => /^\w+ (LOGIN|AUTHENTICATE) /.test(line));

describe('a sign-in that fails says why, and is tried no oftener than it helps', () => {
  test.each([
    ['NO [AUTHENTICATIONFAILED] Authentication failed.', 'imap.sign-in.refused', 'operator'],
    ['NO LOGIN failed.', 'imap.sign-in.refused', 'operator'],
    ['NO', 'imap.sign-in.refused', 'operator'],
    ['BAD invalid credentials', 'imap.sign-in.refused', 'operator'],
    ['NO [EXPIRED] your password has expired', 'imap.sign-in.refused', 'operator'],
    ['NO [UNAVAILABLE] Temporary authentication failure.', 'imap.sign-in.unavailable', 'paced'],
    ['NO Server Unavailable. 15', 'imap.sign-in.unavailable', 'paced'],
    ['BAD User is authenticated but not connected.', 'imap.sign-in.unavailable', 'paced'],
    ['NO [ALERT] Too many simultaneous connections. (Failure)', 'imap.sign-in.unavailable', 'paced'],
    ['NO [LIMIT] Maximum number of connections from user+IP exceeded', 'imap.sign-in.unavailable', 'paced'],
    ['BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds', 'imap.server.throttled', 'paced'],
    ['NO [THROTTLED] slow', 'imap.server.throttled', 'paced'],
  ])('%s', async (words, code, retry) => {
    await using server = await spoken(offering('AUTH=PLAIN', saying(words)));
    const fault = await faultOfVisit(visit(server, { credential: ann }));
    expect(fault.code).toBe(code);
    expect(fault.retry).toBe(retry);
    expect(signIns(server)).toHaveLength(1);
  });

  test('the wait that the server names is kept', async () => {
    await using server = await spoken(
      offering('', saying('BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds')),
    );
    const fault = await faultOfVisit(visit(server, { credential: ann }));
    expect(fault.about).toMatchObject({ waitMs: 299_961 });
  });

  test('a wrong password is said once also where the server is known already and all goes out in one write', async () => {
    const servers = new ServerMemory();
    let isRight = true;
    await using server = await spoken(
      offering('SASL-IR AUTH=PLAIN LIST-EXTENDED LIST-STATUS ENABLE CONDSTORE', ({ tag }, talk) =>
        talk.say(isRight ? `${tag} OK in\r\n` : `${tag} NO [AUTHENTICATIONFAILED] no\r\n`),
      ),
    );
    const { session } = await visit(server, { credential: ann, servers });
    session.leave();
    isRight = false;
    const fault = await faultOfVisit(visit(server, { credential: ann, servers }));
    expect(fault.code).toBe('imap.sign-in.refused');
    expect(signIns(server)).toHaveLength(2);
  });

  test('a server that greets with BYE, or leaves instead of answering, has said nothing about the password', async () => {
    await using busy = await spoken(async (talk) => talk.say('* BYE Too busy, come back later\r\n'));
    expect((await faultOfVisit(visit(busy, { credential: ann }))).code).toBe('imap.server.bye');
    await using leaving = await spoken(
      offering('', (_, talk) => {
        talk.say('* BYE shutting down\r\n');
        talk.hangUp();
      }),
    );
    expect((await faultOfVisit(visit(leaving, { credential: ann }))).retry).toBe('paced');
  });

  test('a server that says nothing, or nonsense, is not waited for for ever', async () => {
    await using mute = await spoken(async (talk) => talk.say(''));
    expect((await faultOfVisit(visit(mute, { credential: ann, deadlineMs: 300 }))).code).toBe('imap.connection.silent');
    await using other = await spoken(async (talk) => talk.say('220 mail.example ESMTP\r\n'));
    expect((await faultOfVisit(visit(other, { credential: ann }))).code).toBe('imap.server.garbled');
    await using stuck = await spoken(offering('', () => {}));
    expect((await faultOfVisit(visit(stuck, { credential: ann, deadlineMs: 300 }))).code).toBe(
      'imap.connection.silent',
    );
  });

  test.each([
    ['LOGINDISABLED AUTH=GSSAPI AUTH=NTLM', ann],
    ['AUTH=PLAIN', { kind: 'oauth', user: 'ann', token: 'canary' }],
    ['AUTH=LOGIN', { ...ann, onBehalfOf: { mailbox: 'bob', style: 'authzid' } }],
  ] as const)('a server that offers only %s is not sent the secret in some other way', async (offered, credential) => {
    await using server = await spoken(offering(offered, saying('OK in')));
    const fault = await faultOfVisit(visit(server, { credential }));
    expect(fault.code).toBe('imap.sign-in.no-mechanism');
    expect(signIns(server)).toEqual([]);
  });
});

describe('any name and password can sign in', () => {
  async function heardFor(
    credential: Credential,
    offered: string,
    steps: readonly string[] = [],
  ): Promise<readonly string[]> {
    await using server = await spoken(
      offering(offered, async ({ tag }, talk) => {
        for (const step of steps) {
          talk.say(`+ ${step}\r\n`);
          await talk.line();
        }
        talk.say(`${tag} OK in\r\n`);
      }),
    );
    const { session } = await visit(server, { credential });
    session.leave();
    const from = server.heard.findIndex((line) => /^\w+ (LOGIN|AUTHENTICATE) /.test(line));
    return server.heard.slice(from, from + 1 + steps.length).map((line) => line.replace(/^\w+ /, ''));
  }

  test('plain ones by LOGIN, quotes and backslashes spelt out', async () => {
    expect(await heardFor(password('a "b" \\c', 'p"\\w'), '')).toEqual(['LOGIN "a \\"b\\" \\\\c" "p\\"\\\\w"']);
  });

  test('8-bit ones by AUTHENTICATE PLAIN, with and without SASL-IR', async () => {
    const credential = password('ännä', 'pässwörd 密');
    const said = base64('\0ännä\0pässwörd 密');
    expect(await heardFor(credential, 'AUTH=PLAIN SASL-IR')).toEqual([`AUTHENTICATE PLAIN ${said}`]);
    expect(await heardFor(credential, 'AUTH=PLAIN', [''])).toEqual(['AUTHENTICATE PLAIN', said]);
  });

  test('8-bit ones by AUTHENTICATE LOGIN where there is no PLAIN', async () => {
    const heard = await heardFor(password('ännä', 'pässwörd'), 'AUTH=LOGIN SASL-IR', ['VXNlcm5hbWU6', 'UGFzc3dvcmQ6']);
    expect(heard).toEqual(['AUTHENTICATE LOGIN', base64('ännä'), base64('pässwörd')]);
  });

  test('8-bit ones by literals of LOGIN where there is nothing else, and nothing of them is taken for a command', async () => {
    const [heard = ''] = await heardFor(password('ännä', 'x\r\ng9 DELETE INBOX'), '');
    expect(Buffer.from(heard, 'latin1').toString('utf8')).toBe('LOGIN {6}\r\nännä {18}\r\nx\r\ng9 DELETE INBOX');
  });

  test('where LOGIN is disabled, by AUTHENTICATE', async () => {
    expect(await heardFor(ann, 'LOGINDISABLED AUTH=PLAIN SASL-IR')).toEqual([
      `AUTHENTICATE PLAIN ${base64(`\0ann\0${secret}`)}`,
    ]);
  });

  test('an administrator on behalf of somebody, in both styles', async () => {
    const admin = (style: 'authzid' | 'user*master'): Credential => ({
      ...password('root', 'pw'),
      onBehalfOf: { mailbox: 'bob', style },
    });
    expect(await heardFor(admin('authzid'), 'AUTH=PLAIN SASL-IR')).toEqual([
      `AUTHENTICATE PLAIN ${base64('bob\0root\0pw')}`,
    ]);
    expect(await heardFor(admin('user*master'), 'AUTH=PLAIN SASL-IR')).toEqual(['LOGIN "bob*root" "pw"']);
  });

  test('a server that takes us as signed in already is told no secret', async () => {
    await using server = await spoken(async (talk) => {
      talk.say('* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n');
      for (;;) talk.say(`${(await talk.command()).tag} OK\r\n`);
    });
    const { session } = await visit(server, { credential: ann });
    session.leave();
    expect(server.heard.join('\n')).not.toContain(secret);
  });
});

describe('a token', () => {
  /** Credentials that count how often they are asked and told of a refusal. */
  function tokens(): Credentials & { readonly refusals: () => number } {
    let refusals = 0;
    return {
      current: async () => ({ kind: 'oauth', user: 'ann@corp.example', token: `canary-token-${refusals}` }),
      refused: () => void refusals++,
      refusals: () => refusals,
    };
  }
  /** Takes the tokens that `isGood` likes; refuses others in the way of RFC 7628. */
  const issuerOf = (isGood: (said: string) => boolean) =>
    offering('AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR', async ({ tag, line }, talk) => {
      if (isGood(clear(line.split(' ')[3]))) return talk.say(`${tag} OK in\r\n`);
      talk.say(`+ ${base64('{"status":"invalid_token"}')}\r\n`);
      await talk.line();
      talk.say(`${tag} NO [AUTHENTICATIONFAILED] bad token\r\n`);
    });

  test('is presented by OAUTHBEARER where it can be, else by XOAUTH2', async () => {
    await using server = await spoken(offering('AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR', saying('OK in')));
    (await visit(server, { credential: tokens() })).session.leave();
    await using google = await spoken(offering('AUTH=XOAUTH2 SASL-IR', saying('OK in')));
    (await visit(google, { credential: tokens() })).session.leave();
    expect(clear(signIns(server)[0]?.split(' ')[3])).toBe(
      `n,a=ann@corp.example,\x01host=127.0.0.1\x01port=${server.port}\x01auth=Bearer canary-token-0\x01\x01`,
    );
    expect(clear(signIns(google)[0]?.split(' ')[3])).toBe(
      'user=ann@corp.example\x01auth=Bearer canary-token-0\x01\x01',
    );
  });

  test('that is refused although it had not expired is replaced once, on a connection of its own', async () => {
    await using server = await spoken(issuerOf((said) => said.includes('canary-token-1')));
    const credential = tokens();
    (await visit(server, { credential })).session.leave();
    expect(signIns(server)).toHaveLength(2);
    expect(server.talks).toHaveLength(2);
    expect(credential.refusals()).toBe(1);
    // RFC 7628 §3.2.3
    expect(server.heard).toContain('AQ==');
  });

  test('that is refused when fresh as well is a matter for a person, and not for more tries', async () => {
    await using server = await spoken(issuerOf(() => false));
    const fault = await faultOfVisit(visit(server, { credential: tokens() }));
    expect(fault).toMatchObject({ code: 'oauth.token.refused', retry: 'operator', reach: 'mailbox' });
    expect(fault.message).toContain('ann@corp.example');
    expect(fault.message).toContain('bad token (invalid_token)');
    expect(signIns(server)).toHaveLength(2);
  });

  test('is not blamed when the server cannot sign anybody in', async () => {
    await using server = await spoken(
      offering('AUTH=XOAUTH2 SASL-IR', saying('BAD User is authenticated but not connected.')),
    );
    const credential = tokens();
    const fault = await faultOfVisit(visit(server, { credential }));
    expect(fault.code).toBe('imap.sign-in.unavailable');
    expect(credential.refusals()).toBe(0);
    expect(signIns(server)).toHaveLength(1);
  });

  test('is refused by XOAUTH2 with a challenge that is answered by an empty line', async () => {
    await using server = await spoken(
      offering('AUTH=XOAUTH2', async ({ tag }, talk) => {
        talk.say('+ \r\n');
        await talk.line();
        talk.say(`+ ${base64('{"status":"401"}')}\r\n`);
        expect(await talk.line()).toBe('');
        talk.say(`${tag} NO AUTHENTICATE failed.\r\n`);
      }),
    );
    expect((await faultOfVisit(visit(server, { credential: tokens() }))).code).toBe('oauth.token.refused');
    expect(server.heard.filter((line) => line === '')).toHaveLength(2);
  });
});

describe('secrets and a hostile server', () => {
  const offered = 'AUTH=PLAIN AUTH=LOGIN AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR LITERAL+';
  const echoes: readonly ((tag: string, line: string) => string)[] = [
    (tag, line) => `* OK you said ${line}\r\n${tag} NO what is ${line}\r\n`,
    (tag, line) => `${tag} BAD [PARSE] ${'long '.repeat(45)}${line}\r\n`,
    (_, line) => `?? ${line}\r\n`,
    (_, line) => `* BYE ${line}\r\n`,
    (_, line) => `* ${line}\r\n* BYE\r\n`,
  ];

  const ways: readonly (readonly [string, Credential])[] = [
    ['by LOGIN', ann],
    ['by LOGIN with quotes', password('ann', 'canary"e81b\\password')],
    ['by PLAIN', password('ännä', secret)],
    ['by PLAIN for another', { ...ann, onBehalfOf: { mailbox: 'bob', style: 'authzid' } }],
    ['by token', { kind: 'oauth', user: 'ann', token: secret }],
  ];
  test.each(ways)(
    'a secret given %s reaches neither the trace nor a fault, even if the server repeats it',
    async (_, credential) => {
      for (const echo of echoes) {
        await using server = await spoken(
          offering(offered, ({ tag, line }, talk) => {
            const said = echo(tag, line.replaceAll('\r\n', ' '));
            talk.say(said);
            if (said.includes('BYE')) talk.hangUp();
          }),
        );
        const { log, lines } = noted();
        const fault = await faultOfVisit(visit(server, { credential, log }));
        const shown = `${lines.join('\n')}\n${inspect(fault, { depth: 20, showHidden: true })}\n${JSON.stringify(fault)}`;
        expect(signIns(server)).not.toEqual([]);
        expect(lines.some((line) => line.startsWith('trace'))).toBe(true);
        for (const run of [shown, ...(shown.match(/[A-Za-z0-9+/=]{8,}/g) ?? []).map(clear)]) {
          expect(run).not.toMatch(/canary.{0,3}e81b/);
        }
      }
    },
  );

  test('its words cannot move the cursor of the terminal they are shown on', async () => {
    await using server = await spoken(
      offering('', saying(`NO \x1b[2J\x1b]0;owned\x07 \u009b31m ${'x'.repeat(10_000)}`)),
    );
    const fault = await faultOfVisit(visit(server, { credential: ann }));
    expect(fault.message).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
    expect(fault.message.length).toBeLessThan(600);
  });
});
