import { expect, test } from 'vitest';
import { fine } from '#domain/diagnosis.ts';
import { fault } from '#domain/fault.ts';
import type { Clock } from '#lib/clock.ts';
import { type Examination, examine, NotSeen } from './examine.ts';

const never = new AbortController().signal;
/** Time stands still until `pass` is called. */
function stopped(): { readonly clock: Clock; readonly pass: () => void } {
  const sleepers: (() => void)[] = [];
  return {
    clock: {
      now: () => 0,
      sleep: (_, signal) =>
        new Promise((resolve, reject) => {
          sleepers.push(resolve);
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        }),
    },
    pass: () => sleepers.forEach((wake) => wake()),
  };
}
const examination = (check: string, look: Examination['look']): Examination => ({ check, reach: 'estate', look });

test('what is down keeps nobody from hearing of the rest, and each is told in its own way', async () => {
  const found = await examine(
    [
      examination('well', async () => [fine('a', 'is well'), null]),
      examination('fault', async () => {
        throw fault('imap.host.unknown', { host: 'mail.example' });
      }),
      examination('error', async () => {
        throw new Error('\u001b[31mboom');
      }),
      examination('unseen', async () => {
        throw new NotSeen('the database cannot be reached');
      }),
    ],
    { withinMs: 1_000, clock: stopped().clock },
    never,
  );
  expect(found.map(({ check, state }) => [check, state])).toEqual([
    ['fault', 'wrong'],
    ['error', 'wrong'],
    ['unseen', 'not tried'],
    ['well', 'ok'],
  ]);
  expect(found[0]?.remedy).toContain('spelling');
  expect(found[1]?.says).not.toContain('\u001b');
});

test('what does not answer is given up, told, and told to stop', async () => {
  const { clock, pass } = stopped();
  let toldToStop = false;
  const looking = examine(
    [
      examination('hangs', (signal) => {
        signal.addEventListener('abort', () => (toldToStop = true));
        return new Promise(() => undefined);
      }),
      examination('well', async () => [fine('', 'is well')]),
    ],
    { withinMs: 15_000, clock },
    never,
  );
  pass();
  expect((await looking).map(({ check, state }) => [check, state])).toEqual([
    ['hangs', 'not tried'],
    ['well', 'ok'],
  ]);
  expect(toldToStop).toBe(true);
});

test('whoever calls it off hears of nothing', async () => {
  const stop = new AbortController();
  const looking = examine(
    [
      examination(
        'hangs',
        (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
      ),
    ],
    { withinMs: 15_000, clock: stopped().clock },
    stop.signal,
  );
  stop.abort(new Error('called off'));
  await expect(looking).rejects.toThrow('called off');
});
