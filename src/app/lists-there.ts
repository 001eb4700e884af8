/** Lists of an estate by the API of a server, whose pages are shorter than those of its database. */

import type { ApiClient } from '#api/client.ts';
import { pageMost } from '#api/operation.ts';
import type { Wire } from '#api/shapes/shape.ts';
import type { Programme } from '#cli/world.ts';
import type { AuditLine } from '#domain/audit-line.ts';
import type { ListOrder, MailboxLine, OrganisationLine, Page, WaveLine } from '#domain/estate-lists.ts';
import { type Selector, selectorText, type UnknownName } from '#domain/selector.ts';
import { orRefused, was } from './outcomes-there.ts';

export function listsThere(client: ApiClient): Programme['lists'] {
  return {
    mailboxes: ({ selector, ...order }) =>
      orRefused<Page<MailboxLine> | UnknownName>(
        pages<MailboxLine>(order, (query) =>
          client.ask('list-mailboxes', { query: { ...query, ...selecting(selector) } }),
        ),
        'unknown',
      ),
    count: async (selector) => (await client.ask('count-mailboxes', { query: selecting(selector) })).mailboxes,
    organisations: (order) => pages<OrganisationLine>(order, (query) => client.ask('list-organisations', { query })),
    waves: async () => was<readonly WaveLine[]>((await client.ask('list-waves')).waves),
  };
}

export function listAuditThere(client: ApiClient): Programme['audit']['list'] {
  return async ({ before, max, sinceMs, who, what, mailbox }) => {
    const order = { after: before === null ? null : String(before), max };
    const which = {
      ...(sinceMs === null ? {} : { since: Math.max(0, Math.floor(sinceMs)) }),
      ...(who === null ? {} : { who }),
      ...(what === null ? {} : { what }),
      ...(mailbox === null ? {} : { mailbox }),
    };
    return pages<AuditLine>(order, async ({ limit, after }) => {
      const query = { limit, ...which, ...(after === undefined ? {} : { before: Number(after) }) };
      const { lines, next } = await client.ask('list-audit', { query });
      return { lines, next: next === null ? null : String(next) };
    });
  };
}

/** Nothing where everybody is meant. */
export function selecting(selector: Selector): { readonly select?: string } {
  const select = selectorText(selector);
  return select === '' ? {} : { select };
}

/** One after the other, until there are as many as are wanted. */
export async function pages<Line>(
  { after, max }: ListOrder,
  ask: (query: {
    readonly limit: number;
    readonly after?: string;
  }) => Promise<{ readonly lines: Wire<readonly Line[]>; readonly next: string | null }>,
): Promise<Page<Line>> {
  const lines: Line[] = [];
  let next = after;
  do {
    const page = await ask({
      limit: Math.min(pageMost, max - lines.length),
      ...(next === null ? {} : { after: next }),
    });
    lines.push(...was<readonly Line[]>(page.lines));
    next = page.next;
  } while (next !== null && lines.length < max);
  return { kind: 'page', lines, hasMore: next !== null };
}
