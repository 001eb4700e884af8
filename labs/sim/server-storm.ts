/** Bad weather inside an IMAP server: connections cut at any octet, replies lost, the words of servers that have had enough. */

import type { Chance } from '#lib/chance.ts';
import { type Mishap, type Moment, type OutgoingMishap, type ServerFaults, weather } from './faults.ts';
import type { StormOptions } from './storm.ts';

/** What a command may be answered with instead of being done. Quotas and sizes are no weather, and stand elsewhere. */
const passing = [
  weather.unavailable,
  weather.serverBug,
  weather.inUse,
  weather.limit,
  weather.gmailThrottled,
  weather.exchangeUnavailable,
  weather.exchangeBackoff(2_000),
  weather.exchangeBye,
  weather.gmailBandwidth,
  weather.shuttingDown,
] as const;

const cut: Mishap = { kind: 'cut' };

export function serverStorm(options: StormOptions): ServerFaults {
  const { chance, severity, isDead, step, trace } = options;
  const strikes = (): boolean => severity !== null && chance.once(severity);
  const told = <T extends { readonly kind: string }>(moment: Moment, mishap: T | null): T | null => {
    if (mishap) trace(`${moment.command} ${moment.folder ?? ''}: ${JSON.stringify(mishap)}`);
    return mishap;
  };
  return {
    before: (moment) => {
      if (!isDead()) step(`${moment.command} ${moment.folder ?? ''} (before)`);
      if (isDead()) return cut;
      return strikes() ? told(moment, before(chance, moment)) : null;
    },
    after: (moment) => {
      if (!isDead()) step(`${moment.command} ${moment.folder ?? ''} (after)`);
      if (isDead()) return cut;
      return strikes() ? told(moment, after(chance, moment)) : null;
    },
    incoming: (_moment, sizeBytes) => {
      if (isDead()) return { afterBytes: 0 };
      return strikes() ? { afterBytes: chance.below(sizeBytes + 1) } : null;
    },
    outgoing: (moment, _uid, sizeBytes) => {
      if (!isDead()) step(`${moment.command} one message`);
      if (isDead()) return { kind: 'cut-inside', afterBytes: 0 };
      return strikes() ? told(moment, outgoing(chance, sizeBytes)) : null;
    },
    storing: () => (options.lies && strikes() ? 'nothing-stored' : null),
  };
}

function before(chance: Chance, { command }: Moment): Mishap {
  // Silence costs the client's whole deadline in real time, so it is rare.
  if (chance.once(150)) return { kind: 'silence' };
  if (command === 'GREETING') return chance.pick<Mishap>([cut, weather.shuttingDown]);
  return chance.once(2) ? cut : chance.pick(passing);
}

function after(chance: Chance, { command }: Moment): Mishap {
  if (command !== 'APPEND') return cut;
  return chance.pick<Mishap>([cut, cut, weather.unavailable, weather.serverBug, weather.shuttingDown]);
}

function outgoing(chance: Chance, sizeBytes: number): OutgoingMishap {
  return chance.pick<OutgoingMishap>([
    { kind: 'cut-inside', afterBytes: chance.below(Math.max(1, sizeBytes)) },
    { kind: 'withheld' },
    { kind: 'bodiless' },
    { kind: 'twice' },
  ]);
}
