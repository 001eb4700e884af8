/** `godwit notices` by the API of a server. */

import type { ApiClient } from '#api/client.ts';
import { machineOnly } from '#cli/machine-only.ts';
import { usageError } from '#cli/usage.ts';
import type { NoticesWork } from '#cli/world.ts';
import { noticeStates, type NoticeCounts, type NoticeLine } from '#domain/notice-list.ts';
import { orNotThere, was } from './outcomes-there.ts';

/** As the contract has it. */
const pageMost = 1_000;

export function noticesThere(client: ApiClient): NoticesWork {
  const meant = (wave: string | null) => (wave === null ? {} : { wave });
  return {
    preview: notByServer,
    due: notByServer,
    again: notByServer,
    send: notByServer,
    async list({ wave, states, before, most }) {
      const which = { ...meant(wave), ...(states.length === 1 && states[0] ? { state: states[0] } : {}) };
      const found: NoticeLine[] = [];
      let next = before;
      do {
        const query = {
          ...which,
          limit: Math.min(pageMost, most - found.length),
          ...(next === null ? {} : { before: next }),
        };
        const page = await orNotThere(client.ask('list-notices', { query }), () => noSuchWave);
        found.push(...was<readonly NoticeLine[]>(page.lines));
        next = page.next;
      } while (next !== null && found.length < most);
      return found;
    },
    async counts(wave) {
      const query = { ...meant(wave), limit: 1 };
      return was<NoticeCounts>((await orNotThere(client.ask('list-notices', { query }), () => noSuchWave)).counts);
    },
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

/** Of a wave that is not there nobody was told anything. */
const noSuchWave = {
  lines: [],
  next: null,
  counts: Object.fromEntries(noticeStates.map((state) => [state, 0])) as NoticeCounts,
};

async function notByServer(): Promise<never> {
  throw usageError(machineOnly);
}
