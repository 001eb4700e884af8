import { expect, test } from 'vitest';
import { LineSpeed } from './line-speed.ts';

/** An event loop whose idle time a test sets. */
const line = () => {
  const idle = { ms: 1_000 };
  return { idle, speed: new LineSpeed(() => idle.ms) };
};

test('only waiting inside an answer is laid to the line, not the time between commands', () => {
  const { idle, speed } = line();
  idle.ms += 60_000;
  speed.read(500, false);
  idle.ms += 100;
  speed.read(2_000, true);
  idle.ms += 60_000;
  speed.read(500, false);
  expect(speed).toMatchObject({ octetsRead: 2_000, waitedMs: 100 });
});

test('a pause of ours inside a message (another end that is slow, --bandwidth) is not laid to the line', () => {
  const { idle, speed } = line();
  speed.read(1_000, false);
  idle.ms += 10;
  speed.read(1_000, true);
  idle.ms += 60_000;
  speed.ready();
  idle.ms += 5;
  speed.read(1_000, true);
  expect(speed).toMatchObject({ octetsRead: 2_000, waitedMs: 15 });
});

test('writing is waited for as long as the kernel does not take what was written', () => {
  const { idle, speed } = line();
  speed.blocked();
  idle.ms += 20;
  speed.blocked();
  idle.ms += 20;
  speed.unblocked();
  idle.ms += 60_000;
  speed.unblocked();
  expect(speed.waitedMs).toBe(40);
});
