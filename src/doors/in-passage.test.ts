import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { heedMostMs } from '#domain/route.ts';
import { silent } from '#lib/log.ts';
import type { Carrying, Reply } from './carrying.ts';
import { InPassage } from './in-passage.ts';
import { HoldsToHeed } from './route-keeper-holds.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A message on its way to somebody's store, which answers when it is told to. */
function onItsWay({ isSent }: { readonly isSent: boolean }) {
  const { promise: replies, resolve } = Promise.withResolvers<ReadonlyMap<string, Reply>>();
  const abandon = vi.fn(() => resolve(new Map()));
  const carrying = { replies, isSent, abandon } as unknown as Carrying;
  return { carrying, abandon, answer: () => resolve(new Map()) };
}

const ann = 7;

/** A hold as a keeper of routes heeds it, with its own bound. */
function heeded(passage: InPassage) {
  const warn = vi.fn();
  const holds = new HoldsToHeed({ heeds: [(mailbox, hasTime) => passage.cleared(mailbox, hasTime)] }, heedMostMs, {
    ...silent,
    warn,
  });
  let isDone = false;
  const done = holds.heed([ann]).then(() => (isDone = true));
  return { warn, done, isDone: () => isDone };
}

test('a hold is not acknowledged while a message that was wholly sent is at a store that is slow', async () => {
  const passage = new InPassage();
  const { carrying, abandon, answer } = onItsWay({ isSent: true });
  passage.enter(carrying, [ann]);
  const hold = heeded(passage);
  await vi.advanceTimersByTimeAsync(9_900);
  expect(hold.isDone()).toBe(false);
  answer();
  await hold.done;
  expect(abandon).not.toHaveBeenCalled();
  expect(hold.warn).not.toHaveBeenCalled();
});

test('a message that is not heard to its end is broken off before the hold is acknowledged', async () => {
  const passage = new InPassage();
  const { carrying, abandon } = onItsWay({ isSent: false });
  passage.enter(carrying, [ann]);
  const hold = heeded(passage);
  await vi.advanceTimersByTimeAsync(2_000);
  await hold.done;
  expect(abandon).toHaveBeenCalledOnce();
});

test('where the lease is over, what is on its way is broken off at once', async () => {
  const passage = new InPassage();
  const { carrying, abandon } = onItsWay({ isSent: false });
  passage.enter(carrying, [ann]);
  await passage.cleared(ann, false);
  expect(abandon).toHaveBeenCalledOnce();
});
