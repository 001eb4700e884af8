/** `godwit wave accept-ways-in`: a person's word. */

import { describe, expect, test } from 'vitest';
import type { EstateSettings } from '#domain/estate-settings.ts';
import type { WaysAccepted, WaysPromised } from '#domain/ways-in.ts';
import { play } from './made-up-world.ts';
import type { Programme } from './world.ts';

const settings = {
  database: 'embedded',
  waysIn: { usual: ['mx', 'proxy'], elsewhere: {} },
  source: { sessions: { url: 'http://old.example', key: { kind: 'env', name: 'KEY' } } },
} as unknown as EstateSettings;

async function accept(answer: WaysAccepted, ...flags: string[]) {
  const orders: unknown[] = [];
  const waysIn = {
    accept: async (wave: string, promised: WaysPromised, who: string, why: string) => (
      orders.push([wave, promised, who, why]), answer
    ),
  };
  const programme = { who: 'operator eve', waysIn, [Symbol.asyncDispose]: async () => {} } as unknown as Programme;
  const played = await play(['wave', 'accept-ways-in', 'pilot', '--config', 'here.yaml', ...flags], {
    readEstate: async () => settings,
    openProgramme: async () => programme,
  });
  return { ...played, orders };
}

describe('a word for ways in', () => {
  const accepted: WaysAccepted = { kind: 'accepted', organisations: [{ organisation: 'RXY', ways: ['proxy'] }] };

  test('is asked for with a reason, and tells what it was given for', async () => {
    expect((await accept(accepted)).code).toBe(2);
    const { code, stdout, orders } = await accept(accepted, '--why', 'a firewall');
    expect(code).toBe(0);
    expect(stdout).toContain('of RXY: proxy');
    const promised = { ways: settings.waysIn, endsSessions: true };
    expect(orders).toEqual([['pilot', promised, 'operator eve', 'a firewall']]);
    expect(JSON.parse((await accept(accepted, '--why', 'so', '-o', 'json')).stdout)).toEqual(accepted);
  });

  test('that is not needed is said to be so, and of a wave that is over or unknown it is none', async () => {
    const nothing = await accept({ kind: 'nothing', isPromised: false }, '--why', 'so');
    expect([nothing.code, nothing.stdout]).toEqual([0, expect.stringContaining('nothing is promised')]);
    const over = await accept({ kind: 'refused', state: 'finished' }, '--why', 'so');
    expect([over.code, over.stderr]).toEqual([2, expect.stringContaining('finished')]);
    const unknown = await accept({ kind: 'unknown', nearest: 'pilots' }, '--why', 'so');
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('pilots')]);
  });
});
