import { expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import { recordSpans } from './recorder.test-kit.ts';
import { openTelemetryTraces } from './traces.ts';

test('spans lie in each other as the work does, with numbers and words of ours', async () => {
  using recorder = recordSpans();
  const traces = openTelemetryTraces('1.0');
  const done = await traces.within('journey', { mailbox: 7, work: 'switch' }, async () => {
    await traces.within('carry', { mailbox: 7 }, async (span) => span.add({ messages: 3, bytes: 99 }));
    return traces.within('switch', {}, async (span) => {
      span.add({ outcome: 'turned', interruptedMs: 800 });
      return 'turned';
    });
  });
  expect(done).toBe('turned');
  expect(recorder.spans()).toEqual([
    {
      name: 'godwit.carry',
      parent: 'godwit.journey',
      attributes: { 'godwit.mailbox.id': 7, 'godwit.messages': 3, 'godwit.bytes': 99 },
      isError: false,
      events: 0,
    },
    {
      name: 'godwit.switch',
      parent: 'godwit.journey',
      attributes: { 'godwit.outcome': 'turned', 'godwit.interrupted_ms': 800 },
      isError: false,
      events: 0,
    },
    {
      name: 'godwit.journey',
      parent: null,
      attributes: { 'godwit.mailbox.id': 7, 'godwit.work': 'switch' },
      isError: false,
      events: 0,
    },
  ]);
});

test('a fault is told by its code, and nothing that it says of people is', async () => {
  using recorder = recordSpans();
  const traces = openTelemetryTraces('1.0');
  const refused = fault('imap.sign-in.refused', { host: 'mail.example', user: 'ann@corp.example', text: 'no' });
  await expect(traces.within('carry', { mailbox: 7 }, () => Promise.reject(refused))).rejects.toBe(refused);
  await expect(
    traces.within('carry', { mailbox: 7 }, () => Promise.reject(new Error('ann@corp.example'))),
  ).rejects.toThrow('ann@');
  expect(
    recorder.spans().map(({ attributes, isError, events }) => [attributes['godwit.outcome'], isError, events]),
  ).toEqual([
    ['imap.sign-in.refused', true, 0],
    ['error', true, 0],
  ]);
  expect(JSON.stringify(recorder.spans())).not.toContain('ann@');
});

test('without an SDK nothing happens, and the work is done all the same', async () => {
  const traces = openTelemetryTraces('1.0');
  expect(await traces.within('journey', { mailbox: 1 }, async () => 'done')).toBe('done');
  traces.begin('http', { method: 'GET' }, { traceparent: 'nonsense' }).end();
});
