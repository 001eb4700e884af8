import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openAutodiscover } from './autodiscover.ts';
import type { Door } from './door.ts';
import { allowedOf } from './listening.ts';
import { MadeUpBook } from './route-book.test-kit.ts';

let book: MadeUpBook;
let door: Door;
let at: string;

beforeEach(async () => {
  book = new MadeUpBook();
  book.add('ann@corp.example', 'source');
  book.add('bob@corp.example', 'target');
  const behind = (host: string) => ({
    imap: { host, port: 993, security: 'tls' as const, ca: null, verify: true },
    smtp: { host, port: 465, security: 'tls' as const, ca: null, verify: true },
  });
  const place = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  const backends = { source: behind('mail.old.example'), target: behind('mail.new.example') };
  const allowed = allowedOf([]) as NonNullable<ReturnType<typeof allowedOf>>;
  door = await openAutodiscover({
    at: place,
    allowed,
    book,
    backends,
    elsewhere: { source: null, target: null },
    questionsPerMinute: 3,
  });
  at = `http://127.0.0.1:${(door.at as { port: number }).port}`;
});
afterEach(async () => door[Symbol.asyncDispose]());

const question = (address: string, before = '') => `<?xml version="1.0"?>${before}
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>
<EMailAddress>${address}</EMailAddress>
<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>
</Request></Autodiscover>`;

const pox = (body: string) => fetch(`${at}/Autodiscover/Autodiscover.xml`, { method: 'POST', body });
const serverIn = (text: string) => /<(?:Server|hostname)>(.*?)</.exec(text)?.[1];

describe('the server of a person', () => {
  test('is that of their side, for Outlook and for Thunderbird', async () => {
    expect(serverIn(await (await pox(question('Bob@corp.example'))).text())).toBe('mail.new.example');
    expect(serverIn(await (await pox(question('bob+x@corp.example'))).text())).toBe('mail.new.example');
    expect(serverIn(await (await pox(question('ann@corp.example'))).text())).toBe('mail.old.example');
    for (const path of ['/mail/config-v1.1.xml', '/.well-known/autoconfig/mail/config-v1.1.xml']) {
      const answer = await fetch(`${at}${path}?emailaddress=bob%40corp.example`);
      expect(serverIn(await answer.text())).toBe('mail.new.example');
    }
  });

  test('of somebody who is not known is that of the source', async () => {
    const said = async (address: string) => (await (await pox(question(address))).text()).replaceAll(address, 'X');
    expect(await said('nobody@corp.example')).toBe(await said('ann@corp.example'));
  });

  test('on a platform that has its own Autodiscover is told there, and one that has nothing for them is not made up', async () => {
    await door[Symbol.asyncDispose]();
    const place = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
    const allowed = allowedOf([]) as NonNullable<ReturnType<typeof allowedOf>>;
    const url = 'https://autodiscover.cloud.example/autodiscover/autodiscover.xml?a&b';
    const elsewhere = { source: null, target: url };
    const backends = { source: {}, target: {} };
    door = await openAutodiscover({ at: place, allowed, book, backends, elsewhere, questionsPerMinute: 3 });
    at = `http://127.0.0.1:${(door.at as { port: number }).port}`;
    const said = await (await pox(question('bob@corp.example'))).text();
    expect(said).toContain('<Action>redirectUrl</Action>');
    expect(said).toContain(`<RedirectUrl>${url.replace('&', '&amp;')}</RedirectUrl>`);
    const asked = `${at}/autodiscover/autodiscover.json?Email=bob%40corp.example&Protocol=AutodiscoverV1`;
    expect(await (await fetch(asked)).json()).toEqual({ Protocol: 'AutodiscoverV1', Url: url });
    expect((await pox(question('ann@corp.example'))).status).toBe(404);
    expect((await fetch(`${at}/mail/config-v1.1.xml?emailaddress=bob%40corp.example`)).status).toBe(404);
  });

  test('is asked again later while nothing is certain', async () => {
    book.isUnsure = true;
    expect((await pox(question('ann@corp.example'))).status).toBe(503);
  });

  test('by version 2 is where version 1 is to be had, and nothing that is not here', async () => {
    const asked = async (protocol: string) =>
      await fetch(`${at}/autodiscover/autodiscover.json?Email=ann%40corp.example&Protocol=${protocol}`);
    expect(await (await asked('AutodiscoverV1')).json()).toMatchObject({ Protocol: 'AutodiscoverV1' });
    expect((await asked('ActiveSync')).status).toBe(404);
  });
});

describe('whoever asks otherwise', () => {
  test('and too often is told to wait, known or not, whatever they write of where they come from', async () => {
    const asked = async (forwarded: string, who: string) =>
      (await fetch(`${at}/mail/config-v1.1.xml?emailaddress=${who}`, { headers: { 'X-Forwarded-For': forwarded } }))
        .status;
    let others = 0;
    const of = async (client: string, who: string) => await asked(`203.0.113.${others++}, ${client}`, who);
    const statuses: number[] = [];
    for (const who of ['bob@corp.example', 'nobody@corp.example', 'x@corp.example', 'bob@corp.example'])
      statuses.push(await of('192.0.2.7', who));
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect(await of('2001:db8::7', 'bob@corp.example')).toBe(200);
    expect(door.answers.of('too many')).toBe(1);
  });

  test.each([
    ['an entity', question('&who;', '<!DOCTYPE a [<!ENTITY who SYSTEM "file:///etc/passwd">]>')],
    ['entities without end', question('a@b', '<!DOCTYPE a [<!ENTITY x "&y;&y;">]>')],
    ['no address', question('')],
    ['no XML', 'EMailAddress=ann@corp.example'],
    ['nothing', ''],
  ])('%s is refused', async (_, body) => {
    expect((await pox(body)).status).toBe(400);
  });

  test('a body that is larger than any question is not read', async () => {
    expect((await pox('x'.repeat(1_000_000)).catch(() => ({ status: 413 }))).status).toBe(413);
  });

  test('an address stands in an answer as text, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", 'a', ']', '/'), minLength: 1 }),
        async (local) => {
          const answer = await fetch(`${at}/mail/config-v1.1.xml?emailaddress=${encodeURIComponent(`${local}@x`)}`);
          const said = /<username>(.*?)<\/username>/s.exec(await answer.text())?.[1] ?? '';
          expect(/[<>"']|&(?!amp;|lt;|gt;|quot;|#39;)/.test(said)).toBe(false);
        },
      ),
      { numRuns: 50 },
    );
  });
});
