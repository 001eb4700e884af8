/** The columns of `godwit tail`: those of its CSV are stable, and new ones are added at the end. */

import type { OldWay, TailLine } from '#domain/tail.ts';
import type { Column } from './get-columns.ts';
import { count, shown } from './shown.ts';

/** A line as it is told: what is counted for machines is told by `godwit tail applications`. */
export interface ToldLine extends Omit<TailLine, 'id' | 'gaps' | 'hours'> {
  readonly old: readonly OldWay[];
  /** For `--after`. */
  readonly place: string;
}

export const tailColumns: readonly Column<ToldLine>[] = [
  { key: 'address', title: 'address', cell: (t) => t.address, shows: (t) => shown(t.address ?? '(unknown)', 60) },
  { key: 'organisation', title: 'org', cell: (t) => t.organisation, shows: (t) => shown(t.organisation ?? '', 20) },
  { key: 'kind', title: '', cell: (t) => t.kind },
  {
    key: 'name',
    title: 'signs in as',
    cell: (t) => t.name,
    shows: (t) => (t.name === t.address ? '' : shown(t.name, 60)),
  },
  { key: 'known_by', title: '', cell: (t) => t.knownBy },
  { key: 'side', title: 'at', cell: (t) => t.side, shows: (t) => t.side },
  { key: 'moved', title: '', cell: (t) => yesNo(t.hasMoved), shows: (t) => (t.hasMoved === true ? 'moved' : '') },
  { key: 'old', title: 'old', cell: (t) => t.old.join(' '), shows: (t) => t.old.join(', ') },
  { key: 'protocol', title: 'by', cell: (t) => t.protocol, shows: (t) => t.protocol },
  { key: 'door', title: '', cell: (t) => t.door },
  { key: 'client', title: 'client', cell: (t) => t.client, shows: (t) => shown(t.client, 30) },
  { key: 'server', title: '', cell: (t) => t.host },
  { key: 'times', title: 'times', isNumber: true, cell: (t) => t.times, shows: (t) => count(t.times) },
  { key: 'first_seen', title: '', cell: (t) => t.firstAt.toISOString() },
  {
    key: 'last_seen',
    title: 'last seen',
    cell: (t) => t.lastAt.toISOString(),
    shows: (t) => `${t.lastAt.toISOString().slice(0, 16)}Z`,
  },
  {
    key: 'network_count',
    title: 'networks',
    isNumber: true,
    cell: (t) => t.networks.length,
    shows: (t) => count(t.networks.length),
  },
  { key: 'networks', title: '', cell: (t) => t.networks.join(' ') },
  { key: 'senders', title: '', cell: (t) => t.senders.join(' ') },
  { key: 'owner', title: 'owner', cell: (t) => t.plan?.owner ?? null, shows: (t) => shown(t.plan?.owner ?? '', 30) },
  { key: 'plan', title: '', cell: (t) => t.plan?.plan ?? null },
  { key: 'plan_by', title: '', cell: (t) => t.plan?.by ?? null },
];

function yesNo(value: boolean | null): string | null {
  return value === null ? null : value ? 'yes' : 'no';
}
