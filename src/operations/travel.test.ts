/** What a mailbox is not even opened for. */

import { expect, test } from 'vitest';
import { stages } from '#domain/journey.ts';
import { everything } from '#domain/selection.ts';
import { realClock } from '#lib/clock.ts';
import { silent } from '#lib/log.ts';
import type { Ends } from '#ports/mailbox-ends.ts';
import { type JourneySteps, travel } from './travel.ts';

const never = (what: string) => () => Promise.reject(new Error(`${what} was called`));

test.each(stages)(
  'a mailbox that would be moved into itself is opened nowhere, and a person is told: while it is %s',
  async (stage) => {
    const pair = { source: 'ann@mail.example', target: 'ann@mail.example' };
    const open = never('open');
    const ledger = { claim: never('claim'), peek: never('peek') };
    const ends = { pair, openSource: open, openTarget: open, openSourceToRead: open, openTargetToRead: open, ledger };
    const blocked: unknown[] = [];
    const journeys: JourneySteps = {
      now: () => Date.now(),
      take: never('take'),
      passed: never('passed'),
      carried: never('carried'),
      failed: never('failed'),
      turn: never('turn'),
      block: async (mailbox, code, about) => void blocked.push([mailbox, code, about['message']]),
    };
    const traveller = { id: 7, address: 'ann@mail.example', sourceUser: null, targetUser: null, stage, wave: 1 };
    await travel(
      {
        work: 'copy',
        inHand: {
          traveller: { ...traveller, side: 'source', failures: 0 },
          ends: () => ends as unknown as Ends,
          turnLedger: never('turnLedger'),
        },
        wave: null,
        journeys,
        choices: { selection: everything, delete: true, prove: 'sample' },
        followEveryMs: 1_000,
        who: 'a test',
        log: silent,
        clock: realClock,
      },
      new AbortController().signal,
    );
    expect(blocked).toEqual([
      [7, 'mailbox.into-itself', 'Source and target of this mailbox are the same: ann@mail.example.'],
    ]);
  },
);
