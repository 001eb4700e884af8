/** What a platform may be asked in a second, by two workers that share it: counted at the door of the server. */

import { expect, test } from 'vitest';
import { heartbeatMs } from '../src/ports/workforce.ts';
import { openWorkforce } from '../src/store/workforce.ts';
import { type SimEstate, startSimEstate } from './sim-estate.ts';

const mailboxes = 10;
const octetsPerSecond = 256 * 1024;
const commandsPerSecond = 30;
const [octets, commands] = [`bytes-per-second: 256k`, `commands-per-second: ${commandsPerSecond}`];
/** What one connection of each worker may be ahead: it hears of a debt only when it has made one. */
const aheadOctets = 4 * 64 * 1024;
const aheadCommands = 4 * 4;

test.each([
  { title: 'octets of the source, and commands of the target', sourceBudget: octets, targetBudget: commands },
  { title: 'commands of the source, and octets of the target', sourceBudget: commands, targetBudget: octets },
])(
  '$title are kept to by two workers together',
  async ({ sourceBudget, targetBudget }) => {
    await using estate = await startSimEstate(
      { mailboxes, messages: 12, messageOctets: 12_000, atOnce: 2, sourceBudget, targetBudget },
      false,
    );
    {
      await using _one = estate.work();
      await using _other = estate.work();
      await bothAtWork(estate);
      const begun = performance.now();
      await estate.begin();
      await estate.until('following', mailboxes);
      const seconds = (performance.now() - begun) / 1000;
      const [paced, asked] =
        sourceBudget === octets ? (['source', 'target'] as const) : (['target', 'source'] as const);
      const { octets: went } = estate.doors[paced];
      const heard = [...estate[asked].counts.values()].reduce((sum, count) => sum + count, 0);
      // Enough that it would have been done in less time without.
      expect(went).toBeGreaterThan(mailboxes * 12 * 12_000);
      expect(went).toBeLessThanOrEqual(octetsPerSecond * seconds + aheadOctets);
      expect(heard).toBeLessThanOrEqual(commandsPerSecond * seconds + aheadCommands);
    }
    expect(estate.arrived()).toBe(mailboxes * 12);
  },
  120_000,
);

/** Until each knows of the other and has only its share. */
async function bothAtWork({ db }: SimEstate): Promise<void> {
  while ((await openWorkforce(db).workersNow()).length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
  await new Promise((resolve) => setTimeout(resolve, heartbeatMs * 1.2));
}
