/** `godwit tail burn-down`: the old ways, day by day, until nobody goes them any more. */

import type { TailDay } from '#domain/tail.ts';
import { type TailProtocol, tailProtocols } from '#domain/tail-sighting.ts';
import { csvLine } from '#lib/csv-cells.ts';
import type { Session } from './session.ts';
import { count, counted, table } from './shown.ts';
import { noSuchOrganisation, openTailFor, sinceIn } from './tail-desk.ts';
import type { TailBurnDownFlags } from './tail-flags.ts';
import { usageError } from './usage.ts';

const dayMs = 86_400_000;
const usualDays = 30;
const daysMost = 1_000;
const barMost = 24;

export async function burnDown(this: Session, flags: TailBurnDownFlags): Promise<void> {
  const since = sinceIn(this, flags.since);
  const today = Math.floor(this.world.now() / dayMs);
  const days = since === null ? usualDays : today - Math.floor(since / dayMs) + 1;
  if (days < 1 || days > daysMost) throw usageError(`--since wants one of the last ${daysMost} days.`);
  await using desk = await openTailFor(this, flags);
  const found = await desk.burnDown({ organisation: flags.organisation ?? null, days });
  if ('kind' in found) throw noSuchOrganisation(found);
  const used = tailProtocols.filter((protocol) => found.some(({ byProtocol }) => byProtocol[protocol] !== undefined));
  if (flags.output === 'csv') return this.world.stdout.write(inCsv(found)) as undefined;
  this.conclude({ days: found }, () => lines(found, used));
}

/** All protocols, so that columns stay where they are. */
function inCsv(days: readonly TailDay[]): string {
  const head = ['day', 'seen', 'old', 'at_source', 'moved_at_source', 'by_old_name', 'unknown_names', ...tailProtocols];
  const rows = days.map(({ day, seen, old, atSource, movedAtSource, byOldName, unknownNames, byProtocol }) =>
    csvLine([
      day,
      seen,
      old,
      atSource,
      movedAtSource,
      byOldName,
      unknownNames,
      ...tailProtocols.map((protocol) => byProtocol[protocol] ?? 0),
    ]),
  );
  return csvLine(head) + rows.join('');
}

function lines(days: readonly TailDay[], used: readonly TailProtocol[]): readonly string[] {
  if (days.every(({ seen, unknownNames }) => seen + unknownNames === 0))
    return ['Nobody was seen in these days: godwit tail read --help'];
  const most = Math.max(1, ...days.map(({ old }) => old));
  const head = ['day', 'old ways', 'at source', 'moved, yet there', 'old name', ...used, 'unknown names', ''];
  const rows = days.map((each) => [
    each.day,
    count(each.old),
    count(each.atSource),
    count(each.movedAtSource),
    count(each.byOldName),
    ...used.map((protocol) => count(each.byProtocol[protocol] ?? 0)),
    count(each.unknownNames),
    '#'.repeat(Math.ceil((each.old / most) * barMost)),
  ]);
  const [first, last] = [days.find(({ old }) => old > 0), days.at(-1)];
  return [
    ...table([head, ...rows], new Set(Array.from({ length: head.length - 2 }, (_, i) => i + 1))),
    ...(first && last
      ? [
          `Mailboxes that somebody signed in to by an old way: ${count(first.old)} on ${first.day}, ${count(last.old)} on ${last.day}, at most ${counted(most, 'mailbox', 'mailboxes')} in a day.`,
        ]
      : []),
  ];
}
