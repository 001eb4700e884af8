import { Authority, selfSigned } from '../../../labs/tls.ts';
import { describe, expect, test } from 'vitest';
import { Fault } from '#domain/fault.ts';
import type { SmtpServer } from '#domain/notice-settings.ts';
import type { Letter } from '#ports/notices.ts';
import { letterOctets, SmtpPost } from './index.ts';
import { mailSink } from './mail-sink.test-kit.ts';

const forever = new AbortController().signal;

const letter: Letter = {
  messageId: '<godwit.0123@corp.example>',
  from: { name: 'The move', address: 'move@corp.example' },
  replyTo: { name: null, address: 'helpdesk@corp.example' },
  to: { name: 'Zoë "Z" O’Neil\r\nBcc: eve@x.example', address: 'zoe@x.example' },
  subject: 'Ihr Postfach zieht um: Dienstag, 1. Dezember\r\nX-Evil: yes',
  text: `Grüße,\n\n${'a paragraph that runs on '.repeat(30)}\n.\nend\n`,
  language: 'de',
  date: new Date(Date.UTC(2026, 11, 1, 16)),
};

function post(server: SmtpServer, password = 'right'): SmtpPost {
  return new SmtpPost({ server, password: async () => password });
}

async function posted(server: SmtpServer, those: readonly Letter[] = [letter]) {
  await using sending = post(server);
  const outcomes = [];
  for (const each of those) {
    await sending.ready(forever);
    outcomes.push(await sending.send(each, forever));
  }
  return outcomes;
}

async function faultOf(server: SmtpServer, password?: string): Promise<Fault> {
  await using sending = post(server, password);
  const fault: unknown = await sending.ready(forever).catch((error: unknown) => error);
  if (!(fault instanceof Fault)) throw new Error(`no fault: ${String(fault)}`);
  return fault;
}

/** The header fields of a message, unfolded, by their names. */
function headersOf(text: string): ReadonlyMap<string, string> {
  const [head = ''] = text.split('\r\n\r\n');
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
}

describe('a letter', () => {
  test('arrives as plain text that says it is from a machine, under the Message-ID that it was given', async () => {
    await using sink = await mailSink();
    expect(await posted(sink.server)).toEqual([{ kind: 'sent' }]);
    const [taken] = sink.taken;
    expect(taken).toMatchObject({ from: 'move@corp.example', to: ['zoe@x.example'] });
    const headers = headersOf(taken?.text ?? '');
    expect(Object.fromEntries(headers)).toMatchObject({
      'message-id': letter.messageId,
      'auto-submitted': 'auto-generated',
      'x-auto-response-suppress': 'All',
      'content-language': 'de',
      from: 'The move <move@corp.example>',
      'reply-to': 'helpdesk@corp.example',
      date: 'Tue, 01 Dec 2026 16:00:00 +0000',
      'mime-version': '1.0',
      'content-type': expect.stringMatching(/^text\/plain; charset=utf-8/),
    });
    expect(Math.max(...(taken?.text ?? '').split('\r\n').map((line) => line.length))).toBeLessThan(998);
  });

  test('gets no header from what stands in a name or a subject', async () => {
    const headers = headersOf((await letterOctets(letter)).toString('utf8'));
    expect([...headers.keys()]).not.toContain('bcc');
    expect([...headers.keys()]).not.toContain('x-evil');
    expect(headers.get('to')).toContain('<zoe@x.example>');
  });

  test('that one recipient is refused keeps nobody else from theirs', async () => {
    const refuse = (to: string) => (to === 'zoe@x.example' ? { code: 550, text: 'no such user' } : null);
    await using sink = await mailSink({ refuse });
    const bob = { ...letter, to: { name: null, address: 'bob@x.example' } };
    const [first, second] = await posted(sink.server, [letter, bob]);
    expect(first).toEqual({ kind: 'refused', why: expect.stringContaining('550 no such user') });
    expect(second).toEqual({ kind: 'sent' });
    expect(sink.taken.map(({ to }) => to)).toEqual([['bob@x.example']]);
  });

  test('that is taken later, by this recipient or by nobody, is told apart', async () => {
    await using greylisting = await mailSink({ refuse: () => ({ code: 451, text: 'come again' }) });
    expect(await posted(greylisting.server)).toMatchObject([{ kind: 'later', isServer: false }]);
    await using closing = await mailSink({ refuse: () => ({ code: 421, text: 'going down' }) });
    expect(await posted(closing.server)).toMatchObject([{ kind: 'later', isServer: true }]);
    await using refusing = await mailSink({ atEnd: () => ({ code: 554, text: 'looks like spam' }) });
    expect(await posted(refusing.server)).toMatchObject([
      { kind: 'refused', why: expect.stringContaining('looks like spam') },
    ]);
  });

  test('whose connection is cut after its last octet is in doubt, whether the server kept it or not', async () => {
    for (const atEnd of ['cut', 'cut-taken'] as const) {
      await using sink = await mailSink({ atEnd: () => atEnd });
      expect(await posted(sink.server)).toMatchObject([{ kind: 'unknown' }]);
      expect(sink.taken).toHaveLength(atEnd === 'cut' ? 0 : 1);
    }
  });

  test('whose connection was cut before it was handed over is only late', async () => {
    const sink = await mailSink();
    await using sending = post(sink.server);
    await sending.ready(forever);
    await sink[Symbol.asyncDispose]();
    expect(await sending.send(letter, forever)).toMatchObject({ kind: 'later', isServer: true });
  });

  test('is not handed over any more when the process is asked to stop', async () => {
    await using sink = await mailSink();
    await using sending = post(sink.server);
    await sending.ready(forever);
    expect(await sending.send(letter, AbortSignal.abort())).toMatchObject({ kind: 'later' });
    expect(sink.taken).toEqual([]);
  });

  test('goes over one connection with its neighbours', async () => {
    await using sink = await mailSink();
    await posted(sink.server, [letter, letter, letter]);
    expect(sink.taken).toHaveLength(3);
    expect(sink.visits()).toBe(1);
  });
});

describe('a mail server', () => {
  const authority = new Authority();
  const pem = ({ certificate, key }: { certificate: string; key: string }) => ({ cert: certificate, key });

  test('that is away is told by host and port', async () => {
    const sink = await mailSink();
    await sink[Symbol.asyncDispose]();
    expect(await faultOf(sink.server)).toMatchObject({
      code: 'notice.server.unreachable',
      message: expect.stringContaining(`127.0.0.1:${sink.server.port}`),
    });
  });

  test.each([false, true])('is signed in to under TLS, from the first octet or by STARTTLS (%s)', async (secure) => {
    const user = { name: 'move', password: 'right' };
    await using sink = await mailSink({ tls: pem(authority.good()), secure, user });
    const signIn = { user: 'move', secret: { kind: 'env', name: 'X' } } as const;
    const server = { ...sink.server, ca: authority.certificate, signIn };
    expect(await posted(server)).toEqual([{ kind: 'sent' }]);
    const fault = await faultOf(server, 'wrong-canary');
    expect(fault).toMatchObject({ code: 'notice.server.sign-in' });
    expect(fault.message).not.toContain('wrong-canary');
  });

  test.each([false, true])('whose certificate is not to be trusted gets nothing, and is named (%s)', async (secure) => {
    for (const certificate of [selfSigned(), authority.expired(), authority.wrongHost()]) {
      await using sink = await mailSink({ tls: pem(certificate), secure });
      const server = { ...sink.server, ca: authority.certificate };
      expect((await faultOf(server)).code).toBe('notice.server.certificate');
      expect((await posted({ ...server, verify: false }))[0]).toEqual({ kind: 'sent' });
    }
  });

  test('without STARTTLS where that is wanted gets nothing', async () => {
    await using sink = await mailSink();
    expect((await faultOf({ ...sink.server, security: 'starttls' })).code).toBe('notice.server.no-tls');
    expect(sink.taken).toEqual([]);
  });
});
