import { expect, test, vi } from 'vitest';
import { endInTime } from './end-in-time.ts';

test('a process that was asked to go and waits for something that never answers is ended', async () => {
  const asked = new AbortController();
  const ended = Promise.withResolvers<void>();
  void endInTime(new Promise(() => undefined), asked.signal, ended.resolve, 5);
  asked.abort();
  await ended.promise;
});

test('a process that nobody asked to go, or that went by itself, is not ended', async () => {
  const end = vi.fn<() => void>();
  const [asked, unasked] = [new AbortController(), new AbortController()];
  expect(await endInTime(Promise.resolve('done'), unasked.signal, end, 0)).toBe('done');
  const work = endInTime(new Promise((resolve) => setImmediate(resolve, 'done')), asked.signal, end, 1_000);
  asked.abort();
  expect(await work).toBe('done');
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(end).not.toHaveBeenCalled();
});
