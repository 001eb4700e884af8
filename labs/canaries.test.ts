/** A little of the canaries for every run of the tests; `npm run canaries -- --kills 20 --mailboxes 60` has more. */

import { expect, test } from 'vitest';
import { runCanaries } from './canaries.ts';
import { labAvailable } from './namespace.ts';
import { skipAloud } from './skip-aloud.ts';

const ready = skipAloud('canaries', await labAvailable('dovecot'));

test.runIf(ready)(
  'no password, key, subject, correspondent, body or attachment is in anything that a chaotic run at trace says, answers or writes',
  async () => {
    const { findings, complaints, looked } = await runCanaries({ seed: 1, kills: 4, mailboxes: 4 });
    expect(findings).toEqual([]);
    expect(complaints).toEqual([]);
    // It was a run worth searching.
    for (const what of [
      'said',
      'answers',
      'processes',
      'tables',
      'files of PostgreSQL',
      'files of ours',
      'certificates',
    ])
      expect({ what, things: looked[what]?.things }).toEqual({ what, things: expect.any(Number) });
    expect(looked['files of PostgreSQL']?.things).toBeGreaterThan(500);
    expect(looked['said']?.octets).toBeGreaterThan(1_000_000);
  },
  300_000,
);
