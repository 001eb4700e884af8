/** The switch in bad weather, in small: Godwit is killed in the middle of it, and one of two doors loses the database. */

import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { doorCutOff, killedAt } from '../bench/switch/weather-cases.ts';
import { runWeather } from '../bench/switch/weather.ts';
import { labAvailable } from './namespace.ts';
import { skipAloud } from './skip-aloud.ts';

const trees = await Promise.all((['dovecot', 'postfix', 'nginx'] as const).map((name) => labAvailable(name)));
const lacking = trees.find(({ ok }) => !ok);
skipAloud('switch-weather', lacking ?? { ok: true });

describe.runIf(lacking === undefined)('mailboxes change sides in bad weather', () => {
  test('killed with -9 in the middle, or with a door cut off from the database and killed: nobody is led to the wrong side, and all end whole on one', async () => {
    const said: string[] = [];
    const { crossings, atLast, isWell } = await runWeather({
      voyages: [
        { there: killedAt('held', 1), back: killedAt('pointed', 1) },
        { there: doorCutOff(true), back: killedAt('turned', 1) },
      ],
      mailboxesEach: 2,
      messagesEach: 5,
      perSecond: 4,
      scratch: tmpdir(),
      keep: false,
      say: (line) => said.push(line),
    });
    for (const { wrongs, mail, signIns, acts } of crossings) {
      expect({ wrongs, said }).toMatchObject({ wrongs: [] });
      expect(Math.min(mail, signIns, acts)).toBeGreaterThan(10);
    }
    expect(atLast).toMatchObject({ lost: 0, twice: 0, astray: 0, undone: 0 });
    expect({ isWell, said }).toMatchObject({ isWell: true });
  }, 480_000);
});
