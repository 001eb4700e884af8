/** What a comparison after the switch makes of the journey, when only the way home is still kept. */

import { expect, test } from 'vitest';
import { memorySource } from '#connectors/memory/open.ts';
import { everything } from '#domain/selection.ts';
import { realClock } from '#lib/clock.ts';
import { silent } from '#lib/log.ts';
import type { InView, Looks } from '#ports/looks.ts';
import { fill } from './copy-mailbox.test-kit.ts';
import { type VerifiedMailbox, verifyWave } from './verify-wave.ts';
import { aJourney, type Journey } from './way-home.test-kit.ts';
import { folderAt, remove } from './way-home-people.test-kit.ts';

async function verified(journey: Journey): Promise<VerifiedMailbox> {
  const traveller = { id: 1, address: 'a', sourceUser: null, targetUser: null, wave: null, failures: 0 };
  const inView = {
    traveller: { ...traveller, stage: journey.stage, side: 'target' },
    pair: journey.accounts,
    open: (side: 'source' | 'target') => memorySource(journey[side]),
  } as unknown as InView;
  const looks: Partial<Looks> = {
    caughtUpAt: async () => null,
    ledger: (_, direction) => journey.ledger(direction),
    acceptances: async () => [],
    keepVerification: async () => undefined,
  };
  const watcher = { planned() {}, progress() {}, folder() {}, ended() {} };
  const pages = verifyWave(
    {
      members: [1],
      atOnce: 1,
      sample: null,
      selection: everything,
      lookAt: async (_, look, signal) => look(inView, signal),
      looks: looks as Looks,
      watcher: { begins: () => watcher },
      log: silent,
      clock: realClock,
    },
    new AbortController().signal,
  );
  for await (const [found] of pages) if (found) return found;
  throw new Error('nothing was compared');
}

test('what people removed is told apart from what never arrived, also while only the way home is kept', async () => {
  await using journey = await aJourney();
  fill(journey.source.create(['INBOX']), 1, 30);
  fill(journey.source.create(['Work']), 31, 40);
  await journey.until('following');
  await journey.until('settled', 'switch');
  expect(await journey.ledger('there')).toBeNull();
  fill(folderAt(journey.source, 'INBOX'), 50, 52);
  remove(journey.target, 'INBOX', 1, 2);
  expect(await verified(journey)).toMatchObject({ outcome: 'differs', removedSince: 2, open: 3 });
});
