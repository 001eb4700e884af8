/** Whoever watches a wave sees it move, and is told when and why it stands still. */

import { expect, test } from 'vitest';
import type { EstateNow, Standing } from '#domain/estate-state.ts';
import type { Mark, Stage } from '#domain/journey.ts';
import type { WaveOutlined } from '#domain/wave.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { Programme } from './world.ts';

const opensAt = Date.UTC(2024, 5, 1);
const wave: WaveOutlined = {
  id: 1,
  name: 'pilot',
  state: 'running',
  window: { opensAt, closesAt: opensAt + 3_600_000 },
  isPilot: true,
  errorBudget: 0.02,
  pausedWhy: null,
  remarks: [],
};

function at(stage: Stage, mailboxes: number, mark: Mark | null = null, of = 'pilot'): Standing {
  return { wave: of, stage, mark, mailboxes, bytes: 0 };
}

/** An estate that stands like this at each look, and like the last from then on. */
function estate(looks: readonly (readonly Standing[])[], waves: readonly WaveOutlined[] = [wave]): MadeUp {
  let look = 0;
  const now = async (): Promise<EstateNow> => ({
    standings: looks[Math.min(look++, looks.length - 1)] ?? [],
    waves,
    workers: [],
    platforms: [],
    brake: null,
    waysHomeLate: [],
    interruptions: null,
  });
  const programme = { who: 'a test', view: { now }, [Symbol.asyncDispose]: async () => {} } as unknown as Programme;
  return { config: '/nowhere/godwit.yaml', openProgramme: async () => programme };
}

test('a wave is watched until nobody in it is on the way, other waves left aside', async () => {
  const other = at('copying', 7, null, 'town');
  const { code, stdout, stderr } = await play(
    ['wave', 'watch', 'pilot'],
    estate([
      [at('planned', 2), other],
      [at('switching', 1), at('settled', 1), other],
      [at('settled', 2), other],
    ]),
  );
  expect(code).toBe(0);
  expect(stderr).toContain('pilot: 2 planned\n');
  expect(stdout).toMatch(/^pilot: 2 mailboxes, running, .*\n {2}settled +█{40} 2\n$/);
});

test('who needs a person is told in the end, with an exit code for scripts', async () => {
  const stands = [at('settled', 3), at('copying', 1, 'blocked')];
  const { code, stdout } = await play(['wave', 'watch', 'pilot'], estate([stands]));
  expect(code).toBe(3);
  expect(stdout).toMatch(/blocked +█{10}·{30} 1\n/);
  expect(stdout).toContain("godwit get mailboxes --select 'mark=blocked'");
});

test.each([
  ['planned', 'planned', 'It has not been started: godwit wave start'],
  ['paused', 'following', 'It is paused: the help desk is full'],
] as const)('a wave that is %s stands still, and that is told', async (state, stage, words) => {
  const stopped = { ...wave, state, pausedWhy: 'the help desk is full' };
  const { code, stdout } = await play(['wave', 'watch', 'pilot'], estate([[at(stage, 1)]], [stopped]));
  expect([code, stdout.trimEnd().split('\n').at(-1)]).toEqual([0, words]);
});

test('what has not switched when the window closes is not waited for', async () => {
  const closed = { ...wave, window: { opensAt: opensAt - 3_600_000, closesAt: opensAt - 1 } };
  const { stdout } = await play(['wave', 'watch', 'pilot'], estate([[at('following', 1)]], [closed]));
  expect(stdout).toContain('Its window has closed, and some have not switched.');
});

test('programs get one document, and a wave that is not there is wrong usage', async () => {
  const { stdout } = await play(['wave', 'watch', 'pilot', '-o', 'json'], estate([[at('settled', 2)]]));
  expect(JSON.parse(stdout)).toMatchObject({
    wave: { name: 'pilot' },
    standings: [{ stage: 'settled', mailboxes: 2 }],
  });
  const { code, stderr } = await play(['wave', 'watch', 'nobody'], estate([[]]));
  expect([code, stderr]).toEqual([2, expect.stringContaining('There is no wave nobody')]);
});

test('whoever stops it while it is being opened is told that it was stopped, and no fault of ours', async () => {
  const interruption = new AbortController();
  const { code, stderr } = await play(['wave', 'watch', 'pilot'], {
    config: '/nowhere/godwit.yaml',
    interruption: interruption.signal,
    openProgramme: async ({ signal }) => {
      interruption.abort(new Error('SIGINT'));
      throw signal.reason;
    },
  });
  expect([code, stderr]).toEqual([5, expect.stringContaining('(interrupted)')]);
});
