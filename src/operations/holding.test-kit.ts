/** An estate without doors: nobody is told, and nobody waits. */

import type { Holding } from './travel-request.ts';

export const noDoors: Holding = {
  routes: {
    doors: async () => 0,
    announce: async () => 0,
    hold: () => Promise.reject(new Error('there is no door')),
    missing: async () => [],
    letGo: async () => undefined,
    brake: async () => null,
  },
  sessions: { source: null, target: null },
  announceAheadMs: 40_000,
  mostMs: 20_000,
};
