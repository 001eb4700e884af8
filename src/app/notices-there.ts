/** `godwit notices` by the API of a server. */

import type { ApiClient } from '#api/client.ts';
import { pageMost } from '#api/operation.ts';
import type { NoticesWork } from '#cli/world.ts';
import { fault, faultOfOther } from '#domain/fault.ts';
import type { NoticeKind } from '#domain/notice-kinds.ts';
import { noticeStates, type NoticeCounts, type NoticeLine } from '#domain/notice-list.ts';
import type { NoticePreviewed } from '#operations/notice-desk.ts';
import type { NoticesDue, NoticesSent } from '#operations/send-notices.ts';
import type { Letter } from '#ports/notices.ts';
import { orNotThere, orRefused, was } from './outcomes-there.ts';

export function noticesThere(client: ApiClient): NoticesWork {
  const meant = (wave: string | null) => (wave === null ? {} : { wave });
  return {
    preview: ({ address, kind, language }) => {
      const query = { address, moment: kind, ...(language === null ? {} : { language }) };
      const previewed = client.ask('preview-notice', { query }).then(({ octets, ...letter }): NoticePreviewed => {
        return { kind: 'letter', letter: was<Letter>(letter), octets };
      });
      return orNotThere(orRefused<NoticePreviewed>(previewed, 'no-wave'), () => ({ kind: 'unknown' }));
    },
    due: async ({ wave, kinds }) =>
      was<readonly NoticesDue[]>(
        (await client.ask('see-notices-due', { query: { ...meant(wave), ...only(kinds) } })).due,
      ),
    again: (wave) =>
      // To nobody of a wave that is not there.
      orNotThere(
        client.ask('send-notices-again', { body: meant(wave) }).then(({ notices }) => notices),
        () => 0,
      ),
    send: ({ wave, kinds }, signal) => sentThere(client, { ...meant(wave), ...only(kinds) }, signal),
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

function only(kinds: readonly NoticeKind[]): { readonly moment?: NoticeKind } {
  return kinds.length === 1 && kinds[0] ? { moment: kinds[0] } : {};
}

/** A server sends for a part of a minute, and is asked again until nothing more is due. */
async function sentThere(
  client: ApiClient,
  body: { readonly wave?: string; readonly moment?: NoticeKind },
  signal: AbortSignal,
): Promise<NoticesSent> {
  let all: NoticesSent = { sent: 0, refused: 0, waiting: 0, unknown: 0, quiet: 0, quietUntil: null, stopped: null };
  for (;;) {
    let now;
    try {
      now = await client.ask('send-notices', { body });
    } catch (error) {
      // The server ends between two messages; what became of those of this time is in its list.
      if (signal.aborted) return { ...all, stopped: fault('interrupted', { by: 'a signal' }, { cause: error }) };
      throw error;
    }
    const { stopped, quiet, quietUntil, ...counts } = now.sent;
    const why =
      stopped && (faultOfOther(stopped.code, stopped.message) ?? fault('internal', { detail: stopped.message }));
    all = {
      sent: all.sent + counts.sent,
      refused: all.refused + counts.refused,
      waiting: all.waiting + counts.waiting,
      unknown: all.unknown + counts.unknown,
      quiet,
      quietUntil,
      stopped: why,
    };
    if (why !== null || !now.isMore) return all;
  }
}
