import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { PlatformNow, Sighting } from '#domain/sighting.ts';
import { silent } from '#lib/log.ts';
import { Lookout } from './lookout.ts';

const open: PlatformNow = {
  side: 'target',
  connections: 8,
  connectionsPerMailbox: 2,
  connectionsInUse: 0,
  commandsPerSecond: null,
  bytesPerSecond: null,
  state: 'open',
  until: null,
  why: '',
};

function signedIn(mailbox: number): Sighting {
  return { kind: 'signed-in', mailbox };
}

function failed(mailbox: number): Sighting {
  return { kind: 'sign-in-failed', mailbox, how: 'refused', text: 'NO' };
}

/** A governor that answers when it is told to, and a clock that stands still until it is told to go on. */
class Scene {
  readonly reports: (readonly Sighting[])[] = [];
  readonly #answers: PromiseWithResolvers<PlatformNow>[] = [];
  readonly #waits: PromiseWithResolvers<void>[] = [];
  readonly lapse = new AbortController();
  readonly lookout = new Lookout('target', {
    lapsed: this.lapse.signal,
    governor: {
      report: async (_side, seen) => {
        this.reports.push(seen);
        const answer = Promise.withResolvers<PlatformNow>();
        this.#answers.push(answer);
        return { platform: await answer.promise, acquitted: [] };
      },
    },
    clock: {
      sleep: (_ms, signal) => {
        const wait = Promise.withResolvers<void>();
        signal.addEventListener('abort', () => wait.reject(signal.reason));
        this.#waits.push(wait);
        return wait.promise;
      },
    },
    log: silent,
  });

  async answer(platform: PlatformNow | Error = open): Promise<void> {
    const answer = this.#answers.shift();
    if (platform instanceof Error) answer?.reject(platform);
    else answer?.resolve(platform);
    await turn();
  }

  async aMomentPasses(): Promise<void> {
    for (const wait of this.#waits.splice(0)) wait.resolve();
    await turn();
  }
}

describe('what a worker sees of a platform', () => {
  test('is not waited for any more once the lease has lapsed, however long the database stays away', async () => {
    const scene = new Scene();
    const told = scene.lookout.tell(failed(1));
    await turn();
    await scene.answer(new Error('the database is away'));
    scene.lapse.abort(new Error('the lease has lapsed'));
    await expect(told).rejects.toThrow('lapsed');
  });

  test('is told after a moment where it is as it should be: of a hundred that got in, the last', async () => {
    const scene = new Scene();
    for (let mailbox = 1; mailbox <= 100; mailbox++) scene.lookout.note(signedIn(mailbox));
    await turn();
    expect(scene.reports).toEqual([]);
    await scene.aMomentPasses();
    expect(scene.reports).toEqual([[signedIn(100)]]);
  });

  test('is told at once where it is trouble, behind what was seen before it', async () => {
    const scene = new Scene();
    scene.lookout.note(signedIn(1));
    const told = scene.lookout.tell(failed(2));
    expect(scene.reports).toEqual([[signedIn(1), failed(2)]]);
    await scene.answer();
    expect(await told).toEqual(open);
  });

  test('in a storm is gathered while a report is on its way, and each is answered by the report that it was in', async () => {
    const scene = new Scene();
    const first = scene.lookout.tell(failed(1));
    const others = [2, 3, 4, 4].map((mailbox) => scene.lookout.tell(failed(mailbox)));
    const shut: PlatformNow = { ...open, state: 'shut', until: 1 };
    await scene.answer();
    expect(await first).toEqual(open);
    expect(scene.reports).toEqual([[failed(1)], [failed(2), failed(3), failed(4)]]);
    await scene.answer(shut);
    expect(await Promise.all(others)).toEqual(others.map(() => shut));
    expect(scene.lookout.shut).toEqual(shut);
    scene.lookout.opened();
    expect(scene.lookout.shut).toBeNull();
  });

  test('is kept while the database is away, and told when it is back', async () => {
    const scene = new Scene();
    const told = scene.lookout.tell(failed(1));
    await scene.answer(new Error('the database is away'));
    await scene.aMomentPasses();
    expect(scene.reports).toEqual([[failed(1)], [failed(1)]]);
    await scene.answer();
    expect(await told).toEqual(open);
  });

  test('is told at the end as well', async () => {
    const scene = new Scene();
    scene.lookout.note(signedIn(1));
    const ended = scene.lookout[Symbol.asyncDispose]();
    await turn();
    await scene.answer();
    await ended;
    expect(scene.reports).toEqual([[signedIn(1)]]);
  });
});
