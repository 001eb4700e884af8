import { describe, expect, test } from 'vitest';
import type { Session } from '#protocols/imap/index.ts';
import { KeptSession } from './kept-session.ts';

/** As much of a session as is looked at. */
function session(): Session & { isIdle: boolean; left: number } {
  const one = { isIdle: true, left: 0, leave: () => void one.left++ };
  return one as unknown as Session & { isIdle: boolean; left: number };
}

describe('a session between two passes', () => {
  test('is handed on once, to whoever comes next', () => {
    const kept = new KeptSession();
    const one = session();
    expect(kept.keep(one)).toBe(true);
    expect(kept.take()).toBe(one);
    expect(kept.take()).toBeNull();
  });

  test('that died while it waited is not handed on', () => {
    const kept = new KeptSession();
    const one = session();
    kept.keep(one);
    one.isIdle = false;
    expect(kept.take()).toBeNull();
  });

  test('on which something is under way is not kept: nobody would know whose answer comes', () => {
    const one = session();
    one.isIdle = false;
    expect(new KeptSession().keep(one)).toBe(false);
  });

  test('signs out at the end, and nothing is kept after that', () => {
    const kept = new KeptSession();
    const [one, late] = [session(), session()];
    kept.keep(one);
    kept[Symbol.dispose]();
    expect(one.left).toBe(1);
    expect(kept.keep(late)).toBe(false);
  });
});
