/** Answers about all of the estate. */

import { acts, may } from '#domain/rights.ts';
import { type FaultCode, faults } from '#domain/fault.ts';
import { nearest } from '#lib/nearest.ts';
import { type Answerers, notThere } from './answer.ts';
import type { estateContract } from './contract-estate.ts';
import type { publicContract } from './contract-public.ts';
import { usualLimit } from './operation.ts';
import { wire } from './shapes/shape.ts';

export const publicAnswers: Answerers<typeof publicContract> = {
  async 'describe-fault'({ params: { code } }) {
    if (!Object.hasOwn(faults, code)) throw notThere('fault', code, nearest(code, Object.keys(faults)));
    const { reach, retry, remedy } = faults[code as FaultCode];
    return { code, reach, retry, remedy };
  },
  async 'see-self'({ holder }) {
    // Whoever is let in has said who they are (`judge.ts`).
    const { who = '', roles = [] } = holder ?? {};
    return { who, roles, acts: holder === null ? [] : acts.filter((act) => may(holder, act)) };
  },
};

export const estateAnswers: Answerers<typeof estateContract> = {
  async 'see-status'({ estate, holder }) {
    const now = await estate.view.now();
    // Who works on it, and what platforms say, is an act of its own.
    const seesWorks = holder !== null && may(holder, 'see-works');
    return wire(seesWorks ? now : { ...now, workers: [], platforms: [] });
  },
  async 'list-organisations'({ estate, query: { after = null, limit = usualLimit } }) {
    const { lines, hasMore } = await estate.lists.organisations({ after, max: limit });
    return { lines: wire(lines), next: hasMore ? (lines.at(-1)?.code ?? null) : null };
  },
  'see-forecast': async ({ estate }) => wire(await estate.forecasts.make()),
  async 'see-past-forecasts'({ estate, query: { limit = usualLimit } }) {
    return { waves: wire(await estate.forecasts.past(limit)) };
  },
  'see-brake': async ({ estate }) => ({ brake: wire(await estate.brake.state()) }),
  async 'pull-brake'({ estate, who, body: { why } }) {
    const changed = await estate.brake.pull(who, why);
    return { changed, brake: wire(await estate.brake.state()) };
  },
  async 'release-brake'({ estate, who, body: { why } }) {
    return { changed: await estate.brake.release(who, why) };
  },
  'list-workers': async ({ estate }) => ({ workers: wire((await estate.view.now()).workers) }),
  async 'drain-worker'({ estate, who, params: { worker } }) {
    if (!(await estate.workforce.drain(worker, who))) throw notThere('worker', worker);
    return { worker };
  },
  'list-doors': async ({ estate }) => ({ doors: wire(await estate.doors.list()) }),
  async 'forget-door'({ estate, who, params: { door }, body: { why } }) {
    if (!(await estate.doors.forget(door, who, why))) throw notThere('door', door);
    return { door };
  },
  'verify-audit': async ({ estate }) => wire(await estate.audit.verify()),
};
