/** `godwit tail`: who signs in, how, and what of it has to end. */

import { oldWays, readTailPlace, tailPlace, type TailLine, type TailListOrder } from '#domain/tail.ts';
import { list } from './get.ts';
import type { Session } from './session.ts';
import { tailColumns, type ToldLine } from './tail-columns.ts';
import { noSuchOrganisation, openTailFor, protocolIn, sinceIn } from './tail-desk.ts';
import type { TailListFlags } from './tail-flags.ts';
import { usageError } from './usage.ts';

export async function listTail(this: Session, flags: TailListFlags): Promise<void> {
  if (flags.after !== undefined && readTailPlace(flags.after) === null)
    throw usageError('--after wants the place that was told at the end of the list, such as ann@corp.example/12.');
  const which: Omit<TailListOrder, 'after' | 'max'> = {
    organisation: flags.organisation ?? null,
    protocols: (flags.protocol ?? []).map((word) => protocolIn(word, '--protocol')),
    sinceMs: sinceIn(this, flags.since),
    side: flags.side ?? null,
    oldOnly: flags.old === true,
    movedOnly: flags.moved === true,
    unknownOnly: flags.unknown === true,
  };
  await using desk = await openTailFor(this, flags);
  await list<ToldLine>(this, flags, {
    key: 'tail',
    columns: tailColumns,
    name: ({ place }) => place,
    page: async (after, max) => {
      const page = await desk.list({ ...which, after, max });
      if (page.kind === 'unknown') throw noSuchOrganisation(page);
      return { ...page, lines: page.lines.map(told) };
    },
    total: async () => null,
    none: noneText(flags),
  });
}

function told(line: TailLine): ToldLine {
  const { id: _, gaps: __, hours: ___, ...rest } = line;
  return { ...rest, old: oldWays(line), place: tailPlace(line) };
}

function noneText({ after, organisation, protocol, since, side, old, moved, unknown }: TailListFlags): string {
  if (after !== undefined) return 'No more.';
  return (organisation ?? protocol ?? since ?? side ?? old ?? moved ?? unknown) === undefined
    ? 'Nobody has been seen yet: godwit tail read --help'
    : 'Nobody was seen who is meant by that.';
}
