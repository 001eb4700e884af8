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
  test('there and back: nothing is lost, twice, astray or bounced, and nothing that was acknowledged is undone', async () => {
    const said: string[] = [];
    const { there, back } = await runSwitch({
      mailboxes: 5,
      messagesMin: 5,
      messagesMax: 15,
      large: 0,
      perSecond: 4,
      programs: 5,
      atOnce: 4,
      announceAhead: '3s',
      usualMs: 3_000,
      afterwardsMs: 12_000,
      scratch: tmpdir(),
      keep: false,
      say: (line) => said.push(line),
    });
    for (const { findings, bounced, injected, deeds } of [there, back]) {
      expect({ ...findings, bounced, said }).toMatchObject({ lost: 0, twice: 0, astray: 0, undone: 0, bounced: 0 });
      expect(injected).toBeGreaterThan(20);
      expect(deeds).toBeGreaterThan(5);
    }
  }, 480_000);
});
