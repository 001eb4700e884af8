/** Answers about secrets, messages to people and the audit log. */

import { noticeStates } from '#domain/notice-list.ts';
import { sealedName, whatNamesAre } from '#domain/secret-reference.ts';
import type { Estate } from './estate.ts';
import { type Answerers, notThere, unfit } from './answer.ts';
import type { keptContract } from './contract-kept.ts';
import { usualLimit } from './operation.ts';
import { wire } from './shapes/shape.ts';

export const keptAnswers: Answerers<typeof keptContract> = {
  async 'list-secrets'({ estate, query: { after = null, limit = usualLimit, prefix = '' } }) {
    const found = await estate.secrets.list(prefix, after, limit + 1);
    const lines = found.slice(0, limit);
    const next = found.length > limit ? (lines.at(-1)?.name ?? null) : null;
    return { lines: wire(lines), next, erased: wire(await estate.secrets.lastErasure()) };
  },
  async 'set-secret'({ estate, who, body }) {
    const name = nameOf(body.name);
    // As from a file: one line, which may end in a line break.
    const secret = body.secret.replace(/\r?\n$/, '');
    if (secret === '' || /[\r\n\0]/.test(secret)) throw unfit('secret: one line that is not empty');
    await estate.secrets.set({ name, secret }, who);
    return { name };
  },
  async 'remove-secret'({ estate, who, body }) {
    const name = nameOf(body.name);
    if (!(await estate.secrets.remove(name, who))) throw notThere('secret', name);
    return { name };
  },
  async 'list-notices'({ estate, query: { before = null, limit = usualLimit, wave = null, state } }) {
    if (wave !== null) await seeThatThereIs(estate, wave);
    const states = state === undefined ? noticeStates : [state];
    const found = await estate.notices.list({ wave, states, before, most: limit + 1 });
    const lines = found.slice(0, limit);
    const counts = await estate.notices.counts(wave);
    return { lines: wire(lines), next: found.length > limit ? (lines.at(-1)?.id ?? null) : null, counts };
  },
  async 'send-notices-again'({ estate, body: { wave = null } }) {
    if (wave !== null) await seeThatThereIs(estate, wave);
    return { notices: await estate.notices.again(wave) };
  },
  async 'list-audit'({ estate, query }) {
    const { before = null, limit = usualLimit, since = null, who = null, what = null, mailbox = null } = query;
    const { lines, hasMore } = await estate.audit.list({ sinceMs: since, who, what, mailbox, before, max: limit });
    return { lines: wire(lines), next: hasMore ? (lines.at(-1)?.id ?? null) : null };
  },
};

function nameOf(text: string): string {
  const name = sealedName(text);
  if (name === null) throw unfit(`name: ${whatNamesAre}`);
  return name;
}

async function seeThatThereIs({ descriptions }: Estate, wave: string): Promise<void> {
  const found = await descriptions.wave(wave);
  if (found.kind === 'unknown') throw notThere('wave', wave, found.nearest);
}
