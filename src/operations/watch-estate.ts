/** How an estate stands, for those who ask again and again: one look at a time serves all who ask meanwhile. */

import type { EstateGauged, EstateView } from '#ports/estate-view.ts';
import type { JobQueue } from '#ports/queue.ts';

export interface EstateSeen extends EstateGauged {
  readonly jobs: { readonly waiting: number; readonly active: number };
}

export function estateWatch(
  view: Pick<EstateView, 'gauged'>,
  queue: Pick<JobQueue, 'depth'>,
): () => Promise<EstateSeen> {
  let looking: Promise<EstateSeen> | null = null;
  const look = async (): Promise<EstateSeen> => {
    const [gauged, jobs] = await Promise.all([view.gauged(), queue.depth()]);
    return { ...gauged, jobs };
  };
  return () =>
    (looking ??= look().finally(() => {
      looking = null;
    }));
}
