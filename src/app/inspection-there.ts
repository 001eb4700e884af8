/** Looks at the mailboxes of a wave by the API of a server, which signs in to both platforms and tells of each as it is done. */

import type { ApiClient } from '#api/client.ts';
import type { EstateInspection, WaveToInspect } from '#cli/world.ts';
import type { WaveDescription } from '#domain/description.ts';
import type { WaveWays } from '#domain/ways-in.ts';
import type { CheckedMailbox } from '#operations/check-wave.ts';
import type { VerifiedMailbox } from '#operations/verify-wave.ts';
import { orNotThere, was } from './outcomes-there.ts';

export function inspectionThere(client: ApiClient): EstateInspection {
  return {
    // As many at a time as its settings say.
    atOnce: null,
    find: (name) =>
      orNotThere<WaveToInspect>(
        client.ask('describe-wave', { params: { wave: name } }).then((told) => {
          const { id, state, window, isPilot, errorBudget, pausedWhy, remarks, mailboxes } = was<WaveDescription>(told);
          const wave = { id, name, state, window, isPilot, errorBudget, pausedWhy, remarks };
          return { kind: 'found', wave, mailboxes };
        }),
        (nearest) => ({ kind: 'unknown', nearest }),
      ),
    ways: async ({ name }) => was<WaveWays>(await client.ask('see-ways-in', { params: { wave: name } })),
    async *verify({ wave: { name }, sample, watcher }) {
      const query = sample === null ? {} : { sample: shareText(sample) };
      for await (const lines of client.lines('verify-wave', { params: { wave: name }, query })) {
        for (const { address } of lines) watcher.begins(address).ended();
        yield was<readonly VerifiedMailbox[]>(lines);
      }
    },
    async *check({ wave: { name }, freshSeconds, watcher }) {
      const query = freshSeconds === 0 ? { again: true } : {};
      for await (const lines of client.lines('check-wave', { params: { wave: name }, query })) {
        for (const { address } of lines) watcher.begins(address).ended();
        yield was<readonly CheckedMailbox[]>(lines);
      }
    },
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

/** As the contract has it: `0.05`. */
function shareText(share: number): string {
  return share.toFixed(6).replace(/\.?0+$/, '');
}
