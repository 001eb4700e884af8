/** What people order of waves, by the API of a server. */

import type { ApiClient } from '#api/client.ts';
import type { Wire } from '#api/shapes/shape.ts';
import type { Programme } from '#cli/world.ts';
import type { EstateNow } from '#domain/estate-state.ts';
import type { WaveCreated, WaveMoved, WaveOutlined, WaveSettledOrdered } from '#domain/wave.ts';
import type { Window } from '#domain/window.ts';
import { selecting } from './lists-there.ts';
import { orNotThere, orRefused, wanted, was } from './outcomes-there.ts';

export function wavesThere(client: ApiClient): Programme['waves'] {
  return {
    create: ({ name, window, selector, limit, isPilot, errorBudget }) =>
      orRefused<WaveCreated>(
        client
          .ask('create-wave', {
            body: {
              name,
              window: bare(window),
              ...selecting(selector),
              ...(limit === null ? {} : { limit }),
              pilot: isPilot,
              errorBudget,
            },
          })
          .then((created) => was<WaveCreated>(created)),
        'name-taken',
        'nobody',
        'window-closed',
        'unknown',
      ),
    move: (wave, step, _who, why) => {
      const [params, body] = [{ wave }, reasonIn(why)];
      switch (step) {
        case 'start':
          return moved(client.ask('start-wave', { params, body: { why: wanted(why, 'to start a wave') } }));
        case 'pause':
          return moved(client.ask('pause-wave', { params, body }));
        case 'resume':
          return moved(client.ask('resume-wave', { params, body }));
        case 'cancel':
          return moved(client.ask('cancel-wave', { params, body }));
      }
    },
    reschedule: (wave, window, _who, why) =>
      moved(client.ask('reschedule-wave', { params: { wave }, body: { window: bare(window), ...reasonIn(why) } })),
    goBack: (wave, _who, why) => settled(client.ask('bring-wave-back', { params: { wave }, body: { why } })),
    release: (wave, dryRun, _who, why) =>
      settled(client.ask('release-wave', { params: { wave }, body: { why, dryRun } })),
    list: async () => was<EstateNow>(await client.ask('see-status')).waves,
  };
}

/** Nothing where none is given. */
export function reasonIn(why: string | null): { readonly why?: string } {
  return why === null ? {} : { why };
}

/** The day of it the server knows by its own clocks. */
function bare({ opensAt, closesAt }: Window): { opensAt: number; closesAt: number } {
  return { opensAt, closesAt };
}

function moved(asked: Promise<Wire<WaveOutlined>>): Promise<WaveMoved> {
  const done = asked.then((wave): WaveMoved => ({ kind: 'moved', wave: was<WaveOutlined>(wave) }));
  return orNotThere(orRefused<WaveMoved>(done, 'refused', 'window-closed'), (nearest) => ({
    kind: 'unknown',
    nearest,
  }));
}

function settled(asked: Promise<Wire<Extract<WaveSettledOrdered, { kind: 'ordered' }>>>): Promise<WaveSettledOrdered> {
  const done = asked.then((ordered) => was<WaveSettledOrdered>(ordered));
  return orNotThere(orRefused<WaveSettledOrdered>(done, 'refused'), (nearest) => ({ kind: 'unknown', nearest }));
}
