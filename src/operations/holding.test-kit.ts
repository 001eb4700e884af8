/** An estate without doors: nobody is told, and nobody waits. */

import type { Holding } from './travel-request.ts';

const nobodyMeets = (): Promise<never> => Promise.reject(new Error('nobody is held, and nobody waits'));

export const noDoors: Holding = {
  routes: {
    outlook: async () => ({ doors: 0, brake: null }),
    announce: async () => 0,
    hold: () => Promise.reject(new Error('there is no door')),
    missing: async () => [],
    letGo: async () => undefined,
  },
  waysIn: { lacking: async () => [] },
  meetings: {
    come: nobodyMeets,
    gather: nobodyMeets,
    giveUp: nobodyMeets,
    ready: nobodyMeets,
    agreed: nobodyMeets,
    tooLate: nobodyMeets,
    leave: nobodyMeets,
  },
  probing: null,
  sessions: { source: null, target: null },
  announceAheadMs: 40_000,
  passageMs: 0,
  mostMs: 20_000,
};
