import { describe, expect, test } from 'vitest';
import { faults } from '#domain/fault.ts';
import { estate } from './describe.test-kit.ts';
import { play } from './made-up-world.ts';

describe('a wave that is described', () => {
  test('tells its window, why it is paused, who stands where, and what they are blocked for with what to do', async () => {
    const { code, stdout } = await play(['describe', 'wave', 'pilot'], estate());
    expect(code).toBe(3);
    expect(stdout).toBe(`pilot is paused, a pilot

window        2024-06-01T19:00Z for 6:00:00 h (opens in 19:00:00 h)
paused        2 of 4 failed
error budget  2 %
mailboxes     4, 4.00 kB
certified     2024-05-31T23:59Z, 3 mailboxes: investigate: 1 mailboxes are poor
Its window overlaps that of second.

  following  2
  blocked    2

2 mailboxes blocked for target.quota, among them ann@x.example
  How far:    this mailbox; others go on.
  When again: when someone has put it right.
  What to do: ${faults['target.quota'].remedy}

All of them: godwit get mailboxes --select 'stage=blocked wave=pilot'

Log, the newest first
  2024-05-31T23:59:00Z  the leader  wave pause    2 of 4 failed
`);
  });

  test('that is not there is refused with the one that was probably meant', async () => {
    const { code, stderr } = await play(['describe', 'wave', 'pilt'], estate());
    expect([code, stderr]).toEqual([2, 'godwit: There is no wave pilt; did you mean pilot?\n']);
  });
});
