/** What a mailbox is not even opened for, and what is waited out. */

import { describe, expect, test } from 'vitest';
import { memorySource, memoryTarget } from '#connectors/memory/open.ts';
import { MemoryMailbox } from '#connectors/memory/platform.ts';
import { fault } from '#domain/fault.ts';
import { type Stage, stages } from '#domain/journey.ts';
import { everything } from '#domain/selection.ts';
import { silent } from '#lib/log.ts';
import { memoryLedger } from '#ledger-file/memory.ts';
import type { Ends } from '#ports/mailbox-ends.ts';
import { noDoors } from './holding.test-kit.ts';
import { ComparedMemory } from './compared-memory.ts';
import { StrayMemory } from './strays.ts';
import type { JourneySteps, TravelRequest } from './travel-request.ts';
import { travel } from './travel.ts';

const never = (what: string) => () => Promise.reject(new Error(`${what} was called`));

const noSteps: JourneySteps = {
  now: () => Date.now(),
  beginSwitch: never('beginSwitch'),
  listed: never('listed'),
  take: never('take'),
  rest: never('rest'),
  passed: never('passed'),
  carried: never('carried'),
  wayHome: never('wayHome'),
  homeIsQuiet: never('homeIsQuiet'),
  failed: never('failed'),
  turn: never('turn'),
  block: never('block'),
};

/** One piece of work on a mailbox that stands there; nobody waits for the waits. */
function travelOnce(
  stage: Stage,
  failures: number,
  ends: Partial<Ends>,
  journeys: JourneySteps,
  {
    work,
    log,
    holding = noDoors,
    followEveryMs = 1_000,
  }: Pick<TravelRequest, 'work' | 'log'> & Partial<Pick<TravelRequest, 'holding' | 'followEveryMs'>> = {
    work: 'copy',
    log: silent,
  },
): Promise<void> {
  const traveller = { id: 7, address: 'ann@mail.example', sourceUser: null, targetUser: null, stage, wave: 1 };
  const may = { mayMove: true, triesRefused: false };
  return travel(
    {
      work,
      inHand: {
        traveller: {
          ...traveller,
          ...may,
          side: 'source',
          turnedForMs: null,
          homeLate: null,
          cameHome: null,
          failures,
        },
        ends: () => ends as Ends,
        turnLedger: never('turnLedger'),
        user: () => 'ann',
        leaveBoth: () => undefined,
        strayLedger: never('strayLedger'),
      },
      wave: null,
      journeys,
      choices: { selection: everything, delete: true, prove: 'sample' },
      followEveryMs,
      holding,
      directing: null,
      strays: new StrayMemory(),
      compared: new ComparedMemory(),
      who: 'a test',
      log,
      clock: { now: () => Date.now(), sleep: async () => undefined },
    },
    new AbortController().signal,
  );
}

test.each(stages)(
  'a mailbox that would be moved into itself is opened nowhere, and a person is told: while it is %s',
  async (stage) => {
    const pair = { source: 'ann@mail.example', target: 'ann@mail.example' };
    const open = never('open');
    const ledger = { claim: never('claim'), peek: never('peek') };
    const ends = { pair, openSource: open, openTarget: open, openSourceToRead: open, openTargetToRead: open, ledger };
    const blocked: unknown[] = [];
    const block: JourneySteps['block'] = async (mailbox, code, about) =>
      void blocked.push([mailbox, code, about['message']]);
    await travelOnce(stage, 0, ends as unknown as Ends, { ...noSteps, block });
    expect(blocked).toEqual([
      [7, 'mailbox.into-itself', 'Source and target of this mailbox are the same: ann@mail.example.'],
    ]);
  },
);

test.each([
  [0, []],
  [4, ['withdraw']],
])(
  'a switch that failed %i times in bad weather is tried again, and nobody is called for it',
  async (failures, steps) => {
    const refused = async () => Promise.reject(fault('imap.connect.refused', { host: 'new.example', port: 993 }));
    const pair = { source: 'ann@old.example', target: 'ann@new.example' };
    const ends = { pair, openSource: refused, openTarget: refused, ledger: memoryLedger() };
    const taken: string[] = [];
    const failed: unknown[] = [];
    await travelOnce('switching', failures, ends, {
      ...noSteps,
      carried: async () => undefined,
      take: async ({ step }) => {
        taken.push(step);
        return true;
      },
      failed: async (mailbox, dueInMs, { code }) => void failed.push([mailbox, dueInMs > 0, code]),
    });
    expect(taken).toEqual(steps);
    expect(failed).toEqual([[7, true, 'imap.connect.refused']]);
  },
);

test.each([
  ['does not allow it any more', false, 'following'],
  ['still allows it', true, 'switching'],
] as const)('a switch that waited in the queue while its wave %s', async (_, mayBegin, stage) => {
  const refused = async () => Promise.reject(fault('imap.connect.refused', { host: 'new.example', port: 993 }));
  const pair = { source: 'ann@old.example', target: 'ann@new.example' };
  const ends = { pair, openSource: refused, openTarget: refused, ledger: memoryLedger() };
  const warned: unknown[] = [];
  const journeys: JourneySteps = {
    ...noSteps,
    beginSwitch: async () => mayBegin,
    carried: async () => undefined,
    failed: async () => undefined,
  };
  const log = {
    ...silent,
    warn: (_: string, about?: Readonly<Record<string, unknown>>) => void warned.push(about?.['stage']),
  };
  await travelOnce('following', 0, ends, journeys, { work: 'switch', log });
  expect(warned).toEqual([stage]);
});

test('a switch by ways in that nobody holds does not begin without a person, and is followed meanwhile as often as all others', async () => {
  const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
  const ends = {
    pair: { source: 'ann@old.example', target: 'ann@new.example' },
    openSource: memorySource(source),
    openTarget: memoryTarget(target),
    openSourceToRead: memorySource(source),
    openTargetToRead: memorySource(target),
    ledger: memoryLedger(),
  };
  const passed: unknown[] = [];
  const journeys: JourneySteps = {
    ...noSteps,
    carried: async () => undefined,
    passed: async (mailbox, _, dueInMs) => void passed.push([mailbox, dueInMs]),
  };
  const asked: number[] = [];
  const waysIn = { lacking: async (mailbox: number) => (asked.push(mailbox), ['proxy'] as const) };
  const [holding, followEveryMs] = [{ ...noDoors, waysIn }, 15 * 60_000];
  await travelOnce('following', 0, ends, journeys, { work: 'switch', log: silent, holding, followEveryMs });
  expect(asked).toEqual([7]);
  // A whole wave may wait for a word: looked at more often, it would leave the others no worker.
  expect(passed).toEqual([[7, followEveryMs]]);
});

describe('a fault of ours is told to whoever counts them, and calls for nobody by itself', () => {
  const broken = async () => Promise.reject(new TypeError("Cannot read properties of undefined (reading 'uid')"));
  const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
  const sound = {
    pair: { source: 'ann@old.example', target: 'ann@new.example' },
    openSource: memorySource(source),
    openTarget: memoryTarget(target),
    openSourceToRead: memorySource(source),
    openTargetToRead: memorySource(target),
  };
  test.each([
    ['in a pass', 'following', { openSource: broken }],
    ['in the carrying of a switch', 'switching', { openSource: broken }],
    ['in the comparison of a switch', 'switching', { openTargetToRead: broken }],
    ['on the way home', 'returning', { openSourceToRead: broken }],
  ] as const)('%s', async (_, stage, ends) => {
    // Neither `failed` nor `block`: these say so.
    const journeys: JourneySteps = { ...noSteps, carried: async () => undefined };
    const travelling = travelOnce(stage, 0, { ...sound, ledger: memoryLedger(), ...ends }, journeys);
    await expect(travelling).rejects.toThrow(/^TypeError: Cannot read|^Cannot read/);
  });
});
