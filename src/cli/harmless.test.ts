/** What others have named and told, as it is written for people. */

import { expect, test } from 'vitest';
import { play } from './made-up-world.ts';
import { harmless } from './shown.ts';
import type { DesksThere } from './world.ts';

test('nothing that is written moves the cursor or turns a line round, and its lines stay as they are', () => {
  expect(harmless('a\tb\nc\u001b[2J\u009b1A\r\u0007 \u202etxt.exe\u2066\u2028 Zoë \u{1f469}\u200d\u{1f4bb} שלום')).toBe(
    'a\tb\nc\ufffd[2J\ufffd1A\ufffd\ufffd \ufffdtxt.exe\ufffd\ufffd Zoë \u{1f469}\u200d\u{1f4bb} שלום',
  );
});

test('what a server tells moves no cursor, also where only words of ours are expected', async () => {
  const check = 'disk\u001b[2J\u202e';
  const desks = {
    doctor: () => ({
      examine: async () => [{ check, about: '', reach: 'machine', state: 'wrong', says: 'it is full', remedy: null }],
      [Symbol.asyncDispose]: async () => {},
    }),
  } as unknown as DesksThere;
  const told = await play(['doctor', 'estate', '--server', 'http://127.0.0.1:9', '--token', 'env:TOKEN'], {
    environment: { TOKEN: 'x' },
    openDesksThere: async () => desks,
  });
  expect(told.stdout).toContain('disk\ufffd[2J\ufffd: it is full');
});
