/** Days that people ask for, as the command line takes and tells them. */

import { expect, test } from 'vitest';
import type { DateWish } from '#domain/dates.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { Programme } from './world.ts';

const wish: DateWish = {
  address: 'ann@x.example',
  organisation: 'RXY',
  state: 'open',
  who: 'lou',
  why: '=HYPERLINK("http://x")\u001b[2J\u202e',
  askedAt: new Date('2026-11-20T08:00:00Z'),
  notBefore: '2026-12-01',
  notAfter: null,
  day: null,
  wave: null,
  answeredBy: null,
  answeredAt: null,
  answer: null,
};

function estate(): MadeUp & { readonly heard: unknown[] } {
  const heard: unknown[] = [];
  const dates: Programme['dates'] = {
    async defer(...words) {
      heard.push(words);
      return { kind: 'ordered', done: ['ann@x.example'], refused: [], windowless: 1 };
    },
    async ask(...words) {
      heard.push(words);
      return { kind: 'unknown-mailboxes', addresses: ['ann@x.example'] };
    },
    async withdraw(...words) {
      heard.push(words);
      return { kind: 'ordered', done: ['ann@x.example'], refused: [] };
    },
    async decline(...words) {
      heard.push(words);
      return { kind: 'not-open' };
    },
    wishes: async () => ({ kind: 'page', lines: [wish], hasMore: false }),
  };
  const programme = { who: 'operator lou', dates, [Symbol.asyncDispose]: async () => {} } as unknown as Programme;
  return { heard, config: '/nowhere/godwit.yaml', openProgramme: async () => programme };
}

test('whoever is deferred is told until when, and that no window is left', async () => {
  const made = estate();
  const { code, stdout } = await play(
    ['mailbox', 'defer', 'ann@x.example', '--until', '2026-12-01', '--why', 'on call'],
    made,
  );
  expect([code, stdout]).toEqual([
    0,
    `ann@x.example: defer.
They go on by themselves on 2026-12-01.
The window of 1 mailbox is over by then: give the wave another (godwit wave reschedule), or plan anew.
`,
  ]);
  expect(made.heard).toEqual([
    [{ kind: 'addresses', addresses: ['ann@x.example'] }, '2026-12-01', 'operator lou', 'on call'],
  ]);
});

test('whoever asks for nothing any more needs no days, and says why', async () => {
  const made = estate();
  const { code, stdout } = await play(['mailbox', 'ask', 'ann@x.example', '--withdraw', '--why', 'back early'], made);
  expect([code, stdout]).toEqual([
    0,
    'ann@x.example: ask --withdraw.\nNothing is asked for them any more; what a plan has given them already stays.\n',
  ]);
  expect(made.heard).toEqual([[{ kind: 'addresses', addresses: ['ann@x.example'] }, 'operator lou', 'back early']]);
});

test.each([
  [['defer', 'a@x', '--until', '2024-06-01', '--why', 'x'], '--until: 2024-06-01 is no day to come.'],
  [['defer', 'a@x', '--until', '2026-02-31', '--why', 'x'], '--until'],
  [['defer', 'a@x', '--until', '2026-12-01'], '--why is missing'],
  [['ask', 'a@x', '--why', 'x'], '--not-before'],
  [['ask', 'a@x', '--not-before', '2024-05-31', '--why', 'x'], '2024-05-31 is over.'],
  [['ask', 'a@x', '--not-before', '2026-12-02', '--not-after', '2026-12-01', '--why', 'x'], 'lies before'],
  [['ask', '--not-before', '2026-12-02', '--why', 'x'], 'Whose mailbox?'],
  [['ask', 'ann@x.example', '--not-before', '2026-12-02', '--why', 'x'], 'There is no mailbox ann@x.example'],
  [['ask', 'a@x', '--withdraw', '--not-before', '2026-12-02', '--why', 'x'], '--withdraw asks for no days'],
  [['ask', 'a@x', '--withdraw'], '--why is missing'],
  [['answer', 'ann@x.example', '--why', 'x'], 'Say --decline'],
  [['answer', 'ann@x.example', '--decline', '--why', 'x'], 'Nothing is asked for ann@x.example'],
])('%j is refused, and why', async (words, says) => {
  const { code, stderr } = await play(['mailbox', ...words], estate());
  expect(code).toBe(2);
  expect(stderr).toContain(says);
});

test('words of strangers do nothing to a screen or a spreadsheet', async () => {
  const { stdout } = await play(['get', 'wishes'], estate());
  expect(stdout).toContain('ann@x.example');
  expect(stdout).not.toMatch(/[\u001b\u202e]/);
  const csv = (await play(['get', 'wishes', '-o', 'csv'], estate())).stdout;
  expect(csv).toContain(`"'=HYPERLINK`);
});
