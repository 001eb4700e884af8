import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Endpoint, isLoopback, mailboxKey, parseEndpoint } from './endpoint.ts';

function read(text: string): Endpoint {
  const parsed = parseEndpoint(text);
  if (parsed.kind !== 'endpoint') throw new Error(`${text}: ${parsed.says}`);
  return parsed.endpoint;
}

function refusal(text: string): { because: string; says: string } {
  const parsed = parseEndpoint(text);
  if (parsed.kind === 'endpoint') throw new Error(`${text} was taken for ${parsed.endpoint.name}`);
  return parsed;
}

describe('what a person writes for one end of a move', () => {
  test('each scheme means one kind of protection and has its port', () => {
    expect(read('imaps://a@h.example')).toMatchObject({ security: 'tls', port: 993, host: 'h.example', user: 'a' });
    expect(read('imap://a@h.example')).toMatchObject({ security: 'starttls', port: 143 });
    expect(read('imap+plain://a@h.example')).toMatchObject({ security: 'clear', port: 143 });
    expect(read('IMAPS://a@H.Example:1993/')).toMatchObject({ security: 'tls', port: 1993, host: 'h.example' });
  });

  test('where several @ stand the last one divides', () => {
    expect(read('imaps://someone@corp.example@mail.example')).toMatchObject({
      user: 'someone@corp.example',
      host: 'mail.example',
    });
    expect(read('imaps://a@b@c@d.example')).toMatchObject({ user: 'a@b@c', host: 'd.example' });
  });

  test('user names are percent-decoded, as UTF-8', () => {
    expect(read('imaps://some%20one%3A%2F%25%40@h')).toMatchObject({ user: 'some one:/%@' });
    expect(read('imaps://j%C3%BCrgen@h')).toMatchObject({ user: 'jürgen' });
    expect(read('imaps://DOMAIN%5Cuser@h')).toMatchObject({ user: 'DOMAIN\\user' });
    expect(refusal('imaps://a%ff@h').because).toBe('user');
    expect(refusal('imaps://a%0d%0ab@h').because).toBe('user');
  });

  test('hosts may be IPv6, IPv4 and international names', () => {
    expect(read('imaps://a@[::1]')).toMatchObject({ host: '::1', port: 993, name: 'imaps://a@[::1]' });
    expect(read('imaps://a@[2001:DB8::1]:1993')).toMatchObject({
      host: '2001:db8::1',
      port: 1993,
      name: 'imaps://a@[2001:db8::1]:1993',
    });
    expect(read('imaps://a@127.0.0.1:10143')).toMatchObject({ host: '127.0.0.1', port: 10143 });
    expect(read('imaps://a@bücher.example')).toMatchObject({ host: 'xn--bcher-kva.example' });
    expect(refusal('imaps://a@2001:db8::1').says).toContain('brackets');
    expect(refusal('imaps://a@[nonsense]').because).toBe('host');
  });

  test('a password in the URL is refused, and the refusal does not repeat it', () => {
    for (const url of [
      'imaps://a:hunter2@h.example',
      'imaps://a@corp.example:hunter2@h.example',
      'imaps://:hunter2@h',
      'imaps://a:hunter2@x@h/p?q',
    ]) {
      const { because, says } = refusal(url);
      expect(because).toBe('password');
      expect(says).not.toContain('hunter2');
      expect(says).toContain('--source-secret');
    }
  });

  test('what is no endpoint is refused with the reason', () => {
    const flaws: Record<string, string> = {
      '': 'scheme',
      'someone@h.example': 'scheme',
      'https://h.example': 'scheme',
      'imaps://h.example': 'user-missing',
      'imaps://@h.example': 'user',
      'imaps://a@': 'host',
      'imaps://a@-h-': 'host',
      'imaps://a@h:0': 'port',
      'imaps://a@h:65536': 'port',
      'imaps://a@h:': 'port',
      'imaps://a@h:993x': 'port',
      'imaps://a@h/INBOX': 'path',
      'imaps://a@h?x=1': 'path',
      'imaps://a@h#x': 'path',
      'imaps://a;AUTH=PLAIN@h': 'mechanism',
      'imaps://a\n@h': 'control-character',
      'imaps://a\u202e@h': 'control-character',
      'imaps://a b@h': 'control-character',
      [`imaps://${'a'.repeat(3000)}@h`]: 'too-long',
    };
    for (const [url, because] of Object.entries(flaws)) expect([url, refusal(url).because]).toEqual([url, because]);
  });

  test('a server alone is enough where no mailbox is meant', () => {
    expect(parseEndpoint('imaps://h.example', 'optional')).toMatchObject({
      kind: 'endpoint',
      endpoint: { user: null, name: 'imaps://h.example' },
    });
  });

  test('one mailbox has one name, however it is spelt', () => {
    const name = 'imaps://someone@corp.example@mail.example';
    for (const url of [
      'imaps://someone@corp.example@mail.example',
      'IMAPS://someone%40corp.example@MAIL.example:993/',
      'imaps://someone@corp.example@mail.example.',
    ]) {
      expect(read(url).name).toBe(name);
    }
  });

  test('one mailbox is one mailbox, whichever of its usual ports and protections leads to it', () => {
    const key = mailboxKey(read('imaps://someone@corp.example@mail.example'));
    expect(key).toBe('someone@corp.example@mail.example');
    for (const url of [
      'imap://someone@corp.example@Mail.Example',
      'imap+plain://someone%40corp.example@mail.example:993',
    ])
      expect(mailboxKey(read(url))).toBe(key);
    expect(mailboxKey(read('imap+plain://a@[::1]:10143'))).toBe(mailboxKey(read('imaps://a@[::1]:10143')));
  });

  test('another port of the same host may be another server: its mailboxes are their own', () => {
    const urls = ['a@127.0.0.1', 'a@127.0.0.1:10143', 'a@127.0.0.1:10144', 'b@127.0.0.1', 'a@127.0.0.2'];
    expect(new Set(urls.map((url) => mailboxKey(read(`imap://${url}`)))).size).toBe(urls.length);
  });

  test('no two mailboxes have one key', () => {
    const anyone = fc.tuple(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
      fc.constantFrom('h', '[::1]', 'a@h'),
    );
    fc.assert(
      fc.property(anyone, anyone, fc.constantFrom(143, 993, 1143), ([one, host], [other, elsewhere], port) => {
        const [a, b] = [
          `imap://${encodeURIComponent(one)}@${host}:${port}`,
          `imap://${encodeURIComponent(other)}@${elsewhere}`,
        ];
        const [first, second] = [parseEndpoint(a), parseEndpoint(b)];
        fc.pre(first.kind === 'endpoint' && second.kind === 'endpoint');
        const [x, y] = [first, second].map((each) => (each as { endpoint: Endpoint }).endpoint) as [Endpoint, Endpoint];
        const isSame = x.user === y.user && x.host === y.host && port !== 1143;
        expect(mailboxKey(x) === mailboxKey(y)).toBe(isSame);
      }),
    );
  });

  test('loopback is known by name and by address', () => {
    for (const host of ['localhost', '127.0.0.1', '127.8.9.1', '[::1]'])
      expect(isLoopback(read(`imap+plain://a@${host}`))).toBe(true);
    for (const host of ['127.example', '128.0.0.1', '[::2]', 'localhost.example'])
      expect(isLoopback(read(`imap+plain://a@${host}`))).toBe(false);
  });

  test('every name reads back as the same mailbox', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
        fc.constantFrom('h.example', '[::1]', '10.0.0.1'),
        fc.integer({ min: 1, max: 65_535 }),
        (user, host, port) => {
          const parsed = parseEndpoint(`imap://${encodeURIComponent(user)}@${host}:${port}`);
          fc.pre(parsed.kind === 'endpoint');
          const { given: _given, ...rest } = (parsed as { endpoint: Endpoint }).endpoint;
          expect(read(rest.name)).toMatchObject(rest);
        },
      ),
    );
  });
});
