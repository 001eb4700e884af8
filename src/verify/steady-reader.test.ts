import { expect, test } from 'vitest';
import { memorySource } from '#connectors/memory/open.ts';
import { MemoryMailbox } from '#connectors/memory/platform.ts';
import { fault } from '#domain/fault.ts';
import type { Clock } from '#lib/clock.ts';
import { silent } from '#lib/log.ts';
import type { Reader } from '#ports/mailbox.ts';
import { SteadyReader } from './steady-reader.ts';

const lost = fault('imap.connection.lost', { host: 'old.example', text: 'reset' });

/** A mailbox of which it is known how often it is open; the answer to a question comes when `answer` is called. */
class Watched {
  opened = 0;
  open = 0;
  readonly #answer = Promise.withResolvers<void>();

  readonly opener = async (signal: AbortSignal): Promise<Reader> => {
    signal.throwIfAborted();
    const reader = await memorySource(new MemoryMailbox())(signal);
    this.opened++;
    this.open++;
    return Object.assign(Object.create(reader) as Reader, {
      folders: async () => {
        await this.#answer.promise;
        throw lost;
      },
      [Symbol.asyncDispose]: async () => {
        this.open--;
        // What is asked of a connection that we have closed is lost with it.
        this.#answer.resolve();
      },
    });
  };
}

const clock: Clock = { now: () => 0, sleep: async (_ms, signal) => signal.throwIfAborted() };
const never = new AbortController().signal;

test('who is still reading when a comparison ends opens nothing again, since nobody would close it', async () => {
  const mailbox = new Watched();
  const steady = new SteadyReader(mailbox.opener, clock, silent, never);
  const reading = steady.use((reader) => reader.folders());
  reading.catch(() => undefined); // told below
  while (mailbox.open === 0) await new Promise(setImmediate);
  await steady[Symbol.asyncDispose]();
  await expect(reading).rejects.toThrow('not read any more');
  expect(mailbox).toMatchObject({ opened: 1, open: 0 });
});

test('who ends while a mailbox is waited for does not wait for it', async () => {
  const patient: Clock = {
    now: () => 0,
    sleep: (_ms, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  };
  let times = 0;
  const open = async (signal: AbortSignal): Promise<Reader> => {
    times++;
    return memorySource(new MemoryMailbox())(signal);
  };
  const steady = new SteadyReader(open, patient, silent, never);
  const reading = steady.use(() => Promise.reject(lost));
  reading.catch(() => undefined); // told below
  while (times === 0) await new Promise(setImmediate);
  await new Promise(setImmediate);
  await steady[Symbol.asyncDispose]();
  await expect(reading).rejects.toThrow('not read any more');
  expect(times).toBe(1);
});
