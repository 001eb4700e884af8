import { describe, expect, test } from 'vitest';
import { Progress } from './progress.ts';
import { isToDrawOn, Screen } from './screen.ts';

function made(mailboxes: number, tty = true) {
  let out = '';
  let now = 0;
  const screen = new Screen({ write: (text: string) => (out += text), isTTY: tty, columns: 60, rows: 12 }, true);
  const progress = new Progress(screen, mailboxes, () => now);
  return {
    screen,
    progress,
    at: (ms: number) => {
      now = ms;
    },
    written: () => {
      const text = out;
      out = '';
      return text;
    },
  };
}

describe('the progress display', () => {
  test.each([
    [true, {}],
    [false, { TERM: 'dumb' }],
    [false, { NO_COLOR: '1' }],
    [false, { CI: 'true' }],
    // As https://no-color.org has it: empty is as if it were not there.
    [true, { NO_COLOR: '', TERM: 'xterm' }],
  ] as const)(
    'is drawn on a terminal: %s, where %o is set; in a pipe never',
    (isDrawn, set: Record<string, string>) => {
      expect(isToDrawOn(true, (name) => set[name])).toBe(isDrawn);
      expect(isToDrawOn(false, (name) => set[name])).toBe(false);
    },
  );

  test('tells items, bytes, rate, time left and the folder at hand', () => {
    using stack = new DisposableStack();
    const { progress, at } = made(1);
    stack.use(progress);
    const { watcher } = progress.begin('imaps://a@h');
    expect(progress.lines()).toEqual(['looking at both sides']);
    watcher.planned(1000, 10_000_000);
    watcher.folder('INBOX/Projects');
    at(1000);
    watcher.progress(250, 2_500_000);
    expect(progress.lines()).toEqual([
      '250 of 1,000 messages · 2.50 MB of 10.0 MB · 25 % · 2.50 MB/s · 3.0 s left · INBOX/Projects',
    ]);
  });

  test('the rate is that of the last ten seconds', () => {
    const { progress, at } = made(1);
    using _ = progress;
    const { watcher } = progress.begin('m');
    watcher.planned(10, 1_000_000_000);
    for (let second = 1; second <= 60; second++) {
      at(second * 1000);
      watcher.progress(1, second <= 30 ? 10_000_000 : 1_000_000);
      progress.lines();
    }
    expect(progress.lines()[0]).toContain('1.00 MB/s');
  });

  test('several mailboxes have a line each below one for all', () => {
    const { progress, at } = made(3);
    using _ = progress;
    const a = progress.begin('imaps://a@h');
    const b = progress.begin('imaps://b@h');
    a.watcher.planned(1, 100);
    a.watcher.progress(1, 100);
    a.ended();
    at(2000);
    b.watcher.planned(4, null);
    b.watcher.progress(1, 50);
    b.watcher.folder('Sent');
    expect(progress.lines()).toEqual([
      '1 of 3 mailboxes · 2 messages · 150 B · 75 B/s · 2.0 s so far',
      '  imaps://b@h: 1 of 4 messages · 50 B · 25 % · 6.0 s left · Sent',
    ]);
  });

  test('a line that stays is written above the display, which is drawn again below it', () => {
    const { screen, progress, written } = made(1);
    progress.begin('m');
    progress.draw();
    expect(written()).toBe('looking at both sides\n');
    screen.say('a log line');
    expect(written()).toBe('\u001b[1F\u001b[Ja log line\nlooking at both sides\n');
    progress[Symbol.dispose]();
    expect(written()).toBe('\u001b[1F\u001b[J');
  });

  test('never wraps: what is too long is cut in its middle, what is too high at its end', () => {
    const { progress, written } = made(100);
    using _ = progress;
    for (let i = 0; i < 50; i++)
      progress.begin(`imaps://someone-with-a-very-long-name-${i}@${'x'.repeat(200)}.example`);
    progress.draw();
    const lines = written().trimEnd().split('\n');
    expect(lines.length).toBe(8);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(59);
  });

  test('is silent in a pipe', () => {
    const { progress, screen, written } = made(1, false);
    progress.begin('m').watcher.planned(1, 1);
    progress.draw();
    progress[Symbol.dispose]();
    expect(written()).toBe('');
    screen.say('a log line');
    expect(written()).toBe('a log line\n');
  });

  test('a folder name cannot move the cursor', () => {
    const { progress } = made(1);
    using _ = progress;
    const { watcher } = progress.begin('m');
    watcher.planned(2, 2);
    watcher.folder('x\u001b[2J\r\ny');
    expect(progress.lines()[0]).toContain('x\ufffd[2J\ufffd\ufffdy');
  });
});
