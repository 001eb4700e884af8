/** The columns of `godwit get`: of its CSV, which are stable (columns are added at the end), and those that a screen has room for. */

import type { DateWish } from '#domain/dates.ts';
import type { MailboxLine, OrganisationLine, WaveLine } from '#domain/estate-lists.ts';
import type { WorkerState } from '#domain/estate-state.ts';
import { marks, type Stage, stages } from '#domain/journey.ts';
import { count, duration, shown } from './shown.ts';

export interface Column<Line> {
  /** In the first line of CSV. */
  readonly key: string;
  readonly cell: (line: Line) => string | number | null;
  /** On a screen; without it the column is for files only. */
  readonly title: string;
  readonly shows?: (line: Line) => string;
  readonly isNumber?: boolean;
}

const inFile = <Line>(key: string, cell: Column<Line>['cell']): Column<Line> => ({ key, cell, title: '' });

const both = <Line>(
  key: string,
  cell: Column<Line>['cell'],
  shows: (line: Line) => string,
  title = key,
): Column<Line> => ({ key, cell, title, shows });

const numbers = <Line>(key: string, cell: (line: Line) => number | null, shows: (n: number) => string, title = key) =>
  ({
    key,
    cell,
    title,
    isNumber: true,
    shows: (line: Line) => {
      const n = cell(line);
      return n === null ? '' : shows(n);
    },
  }) satisfies Column<Line>;

const instant = (at: Date | null): string | null => at?.toISOString() ?? null;
const seconds = (ms: number): string => duration(ms);

export const mailboxColumns: readonly Column<MailboxLine>[] = [
  both(
    'address',
    (m) => m.address,
    (m) => shown(m.address, 60),
  ),
  both(
    'kind',
    (m) => m.kind,
    (m) => m.kind,
  ),
  both(
    'organisation',
    (m) => m.organisation,
    (m) => shown(m.organisation, 20),
    'org',
  ),
  both(
    'stage',
    (m) => m.stage,
    (m) => m.stage,
  ),
  inFile('stage_since', (m) => instant(m.stageSince)),
  both(
    'mark',
    (m) => m.mark,
    (m) => m.mark ?? '',
  ),
  both(
    'wave',
    (m) => m.wave,
    (m) => shown(m.wave ?? '', 30),
  ),
  inFile('side', (m) => m.side),
  inFile('size_bytes', (m) => m.sizeBytes),
  inFile('items', (m) => m.items),
  { ...numbers<MailboxLine>('lag_seconds', (m) => m.lagMs, seconds, 'lag'), cell: (m) => inSeconds(m.lagMs) },
  inFile('caught_up_at', (m) => instant(m.caughtUpAt)),
  numbers(
    'exceptions',
    (m) => m.exceptions,
    (n) => (n === 0 ? '' : count(n)),
    'listed',
  ),
  both(
    'marked_for',
    (m) => m.markedFor,
    (m) => shown(m.markedFor ?? '', 60),
    'why',
  ),
  inFile('display_name', (m) => m.displayName),
];

export const organisationColumns: readonly Column<OrganisationLine>[] = [
  both(
    'code',
    (o) => o.code,
    (o) => shown(o.code, 64),
  ),
  both(
    'name',
    (o) => o.name,
    (o) => shown(o.name, 60),
  ),
  both(
    'parent',
    (o) => o.parent,
    (o) => shown(o.parent ?? '', 64),
  ),
  numbers('mailboxes', (o) => o.mailboxes, count),
  both(
    'left',
    (o) => (o.hasLeft ? 'yes' : ''),
    (o) => (o.hasLeft ? 'left' : ''),
    '',
  ),
];

const withSwitched: readonly Stage[] = ['settled', 'released'];

export const waveColumns: readonly Column<WaveLine>[] = [
  both(
    'name',
    (w) => w.name,
    (w) => shown(w.name, 40),
    'wave',
  ),
  both(
    'state',
    (w) => w.state,
    (w) => w.state,
  ),
  both(
    'opens_at',
    ({ window }) => atMs(window.opensAt),
    ({ window }) => `${atMs(window.opensAt).slice(0, 16)}Z`,
    'opens',
  ),
  both(
    'closes_at',
    ({ window }) => atMs(window.closesAt),
    ({ window: w }) => duration(w.closesAt - w.opensAt),
    'for',
  ),
  inFile('pilot', (w) => (w.isPilot ? 'yes' : 'no')),
  inFile('error_budget', (w) => Math.round(w.errorBudget * 1e6) / 1e6),
  numbers('mailboxes', (w) => w.mailboxes, count),
  inFile('bytes', (w) => w.bytes),
  ...stages.map((stage) => inFile<WaveLine>(stage, (w) => w.stages[stage] ?? 0)),
  ...marks.map((mark) =>
    mark === 'blocked' || mark === 'held'
      ? numbers<WaveLine>(
          mark,
          (w) => w.marks[mark] ?? 0,
          (n) => (n === 0 ? '' : count(n)),
        )
      : inFile<WaveLine>(mark, (w) => w.marks[mark] ?? 0),
  ),
  numbers('switched', (w) => withSwitched.reduce((sum, stage) => sum + (w.stages[stage] ?? 0), 0), count),
  both(
    'paused_why',
    (w) => w.pausedWhy,
    (w) => shown(w.pausedWhy ?? '', 60),
    '',
  ),
];

export const workerColumns: readonly Column<WorkerState>[] = [
  both(
    'id',
    (w) => w.id,
    (w) => shown(w.id, 8),
    'worker',
  ),
  both(
    'host',
    (w) => w.host,
    (w) => shown(w.host, 40),
  ),
  both(
    'pid',
    (w) => w.pid,
    (w) => String(w.pid),
  ),
  both(
    'role',
    (w) => w.role,
    (w) => w.role,
  ),
  inFile('started_at', (w) => instant(w.startedAt)),
  numbers('mailboxes', (w) => w.mailboxes, count),
  numbers('connections', (w) => w.connections, count),
  {
    ...numbers<WorkerState>('silent_seconds', (w) => w.silentMs, seconds, 'heard of'),
    cell: (w) => inSeconds(w.silentMs),
  },
  both(
    'draining',
    (w) => (w.isDraining ? 'yes' : 'no'),
    (w) => (w.isDraining ? 'draining' : ''),
    '',
  ),
  both(
    'lacks',
    (w) => w.lacks.join(' '),
    (w) => (w.lacks.length === 0 ? '' : `lacks ${shown(w.lacks.join(', '), 80)}`),
    '',
  ),
];

export const wishColumns: readonly Column<DateWish>[] = [
  both(
    'address',
    (w) => w.address,
    (w) => shown(w.address, 60),
  ),
  both(
    'organisation',
    (w) => w.organisation,
    (w) => shown(w.organisation, 20),
    'org',
  ),
  both(
    'state',
    (w) => w.state,
    (w) => w.state,
  ),
  both(
    'not_before',
    (w) => w.notBefore,
    (w) => w.notBefore,
    'not before',
  ),
  both(
    'not_after',
    (w) => w.notAfter,
    (w) => w.notAfter ?? '',
    'not after',
  ),
  both(
    'day',
    (w) => w.day,
    (w) => w.day ?? '',
    'has',
  ),
  inFile('wave', (w) => w.wave),
  both(
    'who',
    (w) => w.who,
    (w) => shown(w.who, 30),
    'asked by',
  ),
  both(
    'why',
    (w) => w.why,
    (w) => shown(w.why, 60),
  ),
  inFile('asked_at', (w) => instant(w.askedAt)),
  inFile('answered_by', (w) => w.answeredBy),
  inFile('answered_at', (w) => instant(w.answeredAt)),
  both(
    'answer',
    (w) => w.answer,
    (w) => shown(w.answer ?? '', 60),
  ),
];

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

function atMs(ms: number): string {
  return new Date(ms).toISOString();
}
