/** How an estate stands, for those who ask again and again: one look at a time serves all who ask meanwhile. */

import type { EstateNow } from '#domain/estate-state.ts';
import type { EstateView } from '#ports/estate-view.ts';
import type { JobQueue } from '#ports/queue.ts';

export interface EstateSeen extends Pick<EstateNow, 'standings' | 'platforms' | 'workers'> {
  readonly jobs: { readonly waiting: number; readonly active: number };
}

export function estateWatch(view: EstateView, queue: Pick<JobQueue, 'depth'>): () => Promise<EstateSeen> {
  let looking: Promise<EstateSeen> | null = null;
  const look = async (): Promise<EstateSeen> => {
    const [{ standings, platforms, workers }, jobs] = await Promise.all([view.now(), queue.depth()]);
    return { standings, platforms, workers, jobs };
  };
  return () =>
    (looking ??= look().finally(() => {
      looking = null;
    }));
}
