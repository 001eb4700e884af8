import { expect, test } from 'vitest';
import { type SentEvent, sentEvents } from './client-events.ts';

async function read(...chunks: readonly (string | Uint8Array)[]): Promise<SentEvent[]> {
  async function* pieces() {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  }
  const found: SentEvent[] = [];
  for await (const each of sentEvents(pieces())) found.push(each);
  return found;
}

const stream =
  'retry: 3000\nid: 7\n\nid: 8\nevent: changes\ndata: {"upTo":8}\n\n: nothing\n\nevent: reset\r\ndata:a\r\ndata: b\r\nwhat: x\r\nid\r\n\r\n';
const told: readonly SentEvent[] = [
  { id: '7', event: 'message', data: null, retryMs: 3000 },
  { id: '8', event: 'changes', data: '{"upTo":8}', retryMs: 3000 },
  { id: '8', event: 'message', data: null, retryMs: 3000 },
  { id: '', event: 'reset', data: 'a\nb', retryMs: 3000 },
];

test('is read the same however the stream is cut', async () => {
  expect(await read(stream)).toEqual(told);
  for (let at = 1; at < stream.length; at++)
    expect([at, await read(stream.slice(0, at), stream.slice(at))]).toEqual([at, told]);
});

test('what breaks off in the middle of an event is not told', async () => {
  expect(await read('id: 8\nevent: changes\ndata: {"upTo":8}\n')).toEqual([]);
  expect(await read('id: 8\nevent: changes\ndata: {"upT')).toEqual([]);
});

test('letters that were cut in two are whole again', async () => {
  const octets = Buffer.from('data: Zoë\n\n');
  const at = octets.indexOf(0xc3) + 1;
  expect(await read(octets.subarray(0, at), octets.subarray(at))).toMatchObject([{ data: 'Zoë' }]);
});

test('an event without an end is given up, however short its lines are', async () => {
  const lines = `data: ${'x'.repeat(999)}\n`.repeat(1_000);
  await expect(read(...Array.from({ length: 5 }, () => lines))).rejects.toThrow('an event is longer than any');
  await expect(read(...Array.from({ length: 5 }, () => 'data\n'.repeat(1_000_000)))).rejects.toThrow('longer than any');
  expect(await read(...Array.from({ length: 5 }, () => `${lines}\n`))).toHaveLength(5);
});

test('a line without an end is given up, and nonsense in a field is passed over', async () => {
  await expect(read('data: ', 'x'.repeat(3_000_000), 'x'.repeat(3_000_000))).rejects.toThrow('longer than any');
  expect(await read('retry: soon\nid: a\0b\ndata: x\n\n')).toEqual([
    { id: null, event: 'message', data: 'x', retryMs: null },
  ]);
});
