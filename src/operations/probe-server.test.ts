import { expect, test } from 'vitest';
import { memorySource } from '#connectors/memory/open.ts';
import { MemoryMailbox } from '#connectors/memory/platform.ts';
import { fault } from '#domain/fault.ts';
import type { Instant } from '#domain/item.ts';
import type { MailboxFacts } from '#domain/probe-report.ts';
import { silent } from '#lib/log.ts';
import type { Inspection } from '#ports/inspection.ts';
import type { OpenReader } from '#verify/steady-reader.ts';
import { probeServer } from './probe-server.ts';

const mailbox: MailboxFacts = {
  namespaces: [],
  separator: '/',
  folders: [],
  messages: 0,
  bytes: null,
  quotas: [],
  appendLimitBytes: null,
  newKeywords: null,
};

function probed(inspection: Partial<Inspection>, deep: OpenReader | null = null) {
  return probeServer(
    {
      server: 'imaps://mail.example',
      inspect: async () => ({ server: null, mailbox: null, fault: null, ...inspection }),
      deep,
      log: silent,
      watcher: { planned() {}, progress() {}, folder() {} },
      clock: { now: () => 0, sleep: async () => {} },
    },
    new AbortController().signal,
  );
}

test('a deep look finds what servers trip over, in every folder, and names it by UID', async () => {
  const source = new MemoryMailbox();
  source.create(['odd. ', 'a*b']);
  const put = (folder: string, text: string, date = 86_400, flags: string[] = []) =>
    source.folder(folder)?.add({ bytes: Buffer.from(text, 'latin1'), flags, internalDate: date as Instant });
  put('INBOX', 'Subject: fine\r\n\r\nfine\r\n', 86_400, ['Work', 'Home', '\\Seen']);
  put('INBOX', 'Subject: nul\r\n\r\na\0b\r\n');
  put('INBOX', 'Subject: \xfc\r\n\r\nfine\r\n');
  put('INBOX', 'Subject: body only\r\n\r\n\xfc\r\n');
  put('INBOX', 'Subject: bare\n\nbare\n');
  put('odd. /a*b', `Subject: long\r\n\r\n${'x'.repeat(9_901)}\r\n`);
  put('odd. /a*b', 'no header at all');
  put('odd. /a*b', '');
  put('odd. /a*b', 'Subject: old\r\n\r\n', -5);
  put('odd. /a*b', '\r\nan empty header is a header\r\n');
  put('odd. /a*b', 'From otto Mon Jan  1 00:00:00 2001\r\nSubject: from an mbox\r\n folded\r\n\r\n');
  put('odd. /a*b', 'Subject: blank before the colon\r\nTo : anna\r\n\r\n');
  const { deep, fault: ended } = await probed({ mailbox }, memorySource(source));
  expect(ended).toBeNull();
  const found = deep?.findings.map(({ kind, examples }) => [
    kind,
    examples.map(({ folder, uid }) => `${folder}:${uid}`),
  ]);
  expect(Object.fromEntries(found ?? [])).toEqual({
    nul: ['INBOX:2'],
    header8bit: ['INBOX:3'],
    bareLineFeed: ['INBOX:5'],
    longLine: ['odd. /a*b:1'],
    brokenHeader: ['odd. /a*b:2', 'odd. /a*b:7'],
    empty: ['odd. /a*b:3'],
    date: ['odd. /a*b:4'],
    folderName: ['odd.:null', 'odd. /a*b:null'],
  });
  expect(deep).toMatchObject({ messagesRead: 12, keywordsMost: { folder: 'INBOX', count: 2 } });
});

test('however a message is cut into pieces, the same is found in it', async () => {
  const { MessageLook } = await import('#verify/message-look.ts');
  const text = Buffer.from(`A: b\r\nSubject: \xfc\r\n\r\nbody\0\n${'y'.repeat(9_950)}\r\n\xff`, 'latin1');
  const seen = (pieces: number): unknown => {
    let found: unknown = null;
    const look = new MessageLook((_row, bytes, kinds) => {
      found = { bytes, kinds: [...kinds].sort(([a], [b]) => a.localeCompare(b)) };
    });
    look.begin(0);
    for (let at = 0; at < text.length; at += pieces) look.data(text.subarray(at, at + pieces));
    look.end();
    return found;
  };
  const whole = JSON.stringify(seen(text.length)).replace(/at or after octet \d+/g, '');
  for (const pieces of [1, 2, 3, 7, 100])
    expect(JSON.stringify(seen(pieces)).replace(/at or after octet \d+/g, '')).toBe(whole);
  expect(whole).toContain('header8bit');
  expect(whole).toContain('longLine');
});

test('what was learnt before a fault is told with it, and no deep look follows', async () => {
  const refused = fault('imap.sign-in.refused', { host: 'mail.example', user: 'ann', text: 'no' });
  const report = await probed({ mailbox, fault: refused }, () => Promise.reject(new Error('opened')));
  expect(report).toMatchObject({ deep: null, fault: { code: 'imap.sign-in.refused' }, server: 'imaps://mail.example' });
  expect(report.remarks.length).toBeGreaterThan(0);
});
