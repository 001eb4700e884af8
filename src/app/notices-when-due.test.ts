import { expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import { noticeMoments } from '#domain/notice-kinds.ts';
import { silent } from '#lib/log.ts';
import type { SendNoticesParts } from '#operations/send-notices.ts';
import type { Notices } from '#ports/notices.ts';
import { sendNoticesWhenDue } from './notices-when-due.ts';

test('whoever leads looks every minute, less often after trouble, and never ends the lead by it', async () => {
  const over = new AbortController();
  const warned: string[] = [];
  let looks = 0;
  const notices = {
    waves: async () => {
      looks++;
      if (looks === 2) throw fault('database.away', { name: 'estate', text: 'gone' });
      return { now: Date.now(), waves: [] };
    },
    zones: async () => [],
  } as unknown as Notices;
  const parts: SendNoticesParts = {
    notices,
    settings: {
      smtp: { host: 'x', port: 1, security: 'tls', ca: null, verify: true, signIn: null },
      from: { name: null, address: 'a@x.example' },
      replyTo: null,
      templates: null,
      language: 'en',
      perMinute: 1,
      quiet: null,
      at: '09:00',
      moments: noticeMoments,
      shared: false,
    },
    timezone: 'UTC',
    templates: () => Promise.reject(new Error('nobody is to be told anything')),
    openPost: () => {
      throw new Error('nobody is to be told anything');
    },
    clock: { now: () => 0, sleep: async () => undefined },
    log: { ...silent, warn: (phrase) => void warned.push(phrase) },
  };
  const waits: number[] = [];
  await sendNoticesWhenDue(parts, over.signal, async (ms) => {
    waits.push(ms / 60_000);
    if (waits.length === 3) over.abort();
  });
  expect(waits).toEqual([1, 10, 1]);
  expect(warned).toEqual(['messages to people cannot be sent']);
});
