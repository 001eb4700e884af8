/** The switch in small, on real servers: mail keeps coming, people's programs go on working, and everybody changes sides and back. */

import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { labAvailable } from '../../labs/namespace.ts';
import { skipAloud } from '../../labs/skip-aloud.ts';
import { runSwitch } from './run.ts';

const trees = await Promise.all((['dovecot', 'postfix', 'nginx'] as const).map((name) => labAvailable(name)));
const lacking = trees.find(({ ok }) => !ok);
skipAloud('switch', lacking ?? { ok: true });

describe.runIf(lacking === undefined)('mailboxes change sides under live mail and live programs', () => {
  test('there and back: nothing is lost, twice, astray, bounced, undone or left behind, whoever is cut, past the doors or in doubt', async () => {
    const said: string[] = [];
    const { there, doubt, back } = await runSwitch({
      mailboxes: 5,
      messagesMin: 5,
      messagesMax: 15,
      large: 0,
      perSecond: 4,
      programs: 5,
      atOnce: 4,
      announceAheadMs: 3_000,
      usualMs: 2_000,
      afterwardsMs: 8_000,
      burst: 2_000,
      behindAfterMs: 3_000,
      disagreeMs: 3_000,
      scratch: tmpdir(),
      keep: false,
      say: (line) => said.push(line),
    });
    const nothing = { lost: 0, twice: 0, astray: 0, undone: 0, leftBehind: 0 };
    for (const { findings, bounced, injected, deeds, burst } of [there, back]) {
      expect({ ...findings, bounced, said }).toMatchObject({ ...nothing, bounced: 0 });
      expect(injected).toBeGreaterThan(20);
      expect(deeds).toBeGreaterThan(5);
      expect(burst.stored).toBeGreaterThan(0);
      expect(burst).toMatchObject({ found: burst.stored, twice: 0 });
    }
    // Whoever files at the side that was left, past the doors, is followed, also by those who have come home.
    for (const { behind } of [there, back])
      expect({ ...behind, said }).toMatchObject({ seconds: expect.any(Number), on: ['source', 'target'] });
    expect({ ...doubt.findings, ...doubt, said }).toMatchObject({ ...nothing, bounced: 0, isTurned: true });
    expect(doubt.lies).toBeGreaterThan(0);
    expect(doubt.hopsMost).toBeLessThan(7);
  }, 480_000);
});
