import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bearerErrorOf, login, oauthbearer, plain, type SaslMechanism, xoauth2 } from './sasl.ts';

const clear = (base64: string | null | undefined): string => Buffer.from(base64 as string, 'base64').toString('utf8');
const secret = fc.constantFrom('\0', 'a', ' ', '"', '\\', 'ü', '密', '\r', '\n');
const bearer = {
  user: 'user@example.com',
  token: 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==',
  host: 'server.example.com',
  port: 143,
};

describe('PLAIN', () => {
  test('is spelt as the standard spells it', () => {
    // RFC 4616 §4
    expect(clear(plain({ user: 'tim', password: 'tanstaaftanstaaf' })?.initialResponse)).toBe(
      '\0tim\0tanstaaftanstaaf',
    );
    expect(clear(plain({ user: 'Kurt', password: 'xipj3plmq', authorizeAs: 'Ursel' })?.initialResponse)).toBe(
      'Ursel\0Kurt\0xipj3plmq',
    );
    // RFC 9051 §6.2.2
    expect(plain({ user: 'test', password: 'test' })?.initialResponse).toBe('AHRlc3QAdGVzdA==');
  });

  test('carries any name and password but NUL, so that none can be read as another', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'binary-ascii' }),
        fc.string({ unit: secret }),
        fc.string(),
        (user, password, authorizeAs) => {
          const said = plain({ user, password, authorizeAs });
          if (`${user}${password}${authorizeAs}`.includes('\0')) expect(said).toBeNull();
          else expect(clear(said?.initialResponse)).toBe(`${authorizeAs}\0${user}\0${password}`);
        },
      ),
    );
  });

  test('has nothing to say to a second challenge', () => {
    expect(plain({ user: 'tim', password: 'x' })?.answer('', 0)).toBeNull();
  });
});

describe('LOGIN', () => {
  test('answers with user and password whatever the server calls them', () => {
    const said = login({ user: 'tim', password: 'p"\\ü' }) as SaslMechanism;
    expect(said.initialResponse).toBeNull();
    expect(clear(said.answer('VXNlcm5hbWU6', 0))).toBe('tim');
    expect(clear(said.answer('', 1))).toBe('p"\\ü');
    expect(said.answer('UGFzc3dvcmQ6', 2)).toBeNull();
  });
});

describe('a bearer token', () => {
  test('is spelt for XOAUTH2 as Google documents it', () => {
    const said = xoauth2({
      ...bearer,
      user: 'someuser@example.com',
      token: 'ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg',
    });
    expect(said?.initialResponse).toBe(
      'dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==',
    );
  });

  test('is spelt for OAUTHBEARER as the standard spells it', () => {
    // RFC 7628 §4.1
    expect(oauthbearer(bearer)?.initialResponse).toBe(
      'bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB',
    );
  });

  test('commas and equal signs of a user name cannot end the header', () => {
    expect(clear(oauthbearer({ ...bearer, user: 'a=b,c' })?.initialResponse)).toMatch(/^n,a=a=3Db=2Cc,\x01/);
  });

  test('a refusal is answered by an empty line (XOAUTH2) or a lone %x01 (OAUTHBEARER), and by nothing after that', () => {
    expect(xoauth2(bearer)?.answer('eyJzdGF0dXMiOiI0MDAifQ==', 0)).toBe('');
    expect(oauthbearer(bearer)?.answer('eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=', 0)).toBe('AQ==');
    expect(xoauth2(bearer)?.answer('', 1)).toBeNull();
    expect(oauthbearer(bearer)?.answer('', 1)).toBeNull();
  });

  test('a name or token that would add fields of its own is not sent', () => {
    for (const speak of [xoauth2, oauthbearer]) {
      expect(speak({ ...bearer, user: 'a\x01auth=Bearer x' })).toBeNull();
      expect(speak({ ...bearer, token: 'a\x01b' })).toBeNull();
      expect(speak({ ...bearer, token: '' })).toBeNull();
      expect(speak({ ...bearer, user: '' })).toBeNull();
    }
  });

  test("the server's reason is read, whatever it sends", () => {
    const challenge = (text: string): string => Buffer.from(text).toString('base64');
    // RFC 7628 §4.3
    expect(bearerErrorOf(challenge('{"status":"invalid_token","scope":"example_scope"}'))).toEqual({
      status: 'invalid_token',
      scope: 'example_scope',
    });
    expect(bearerErrorOf(challenge('{"status":"401","schemes":"bearer mac","scope":null}'))).toEqual({
      status: '401',
      scope: null,
    });
    for (const odd of ['', '!!!', challenge('null'), challenge('[]'), challenge('{"a":1}'), 'A'.repeat(1_000_000)]) {
      expect(bearerErrorOf(odd)).toBeNull();
    }
    expect(bearerErrorOf(challenge(JSON.stringify({ status: 'x'.repeat(5_000) })))?.status).toHaveLength(200);
    fc.assert(fc.property(fc.json(), (text) => (bearerErrorOf(challenge(text))?.status.length ?? 0) <= 200));
  });
});
