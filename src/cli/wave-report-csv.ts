/** The columns of `godwit report wave -o csv`. They are stable: columns are added at the end, none is renamed or taken away. */

import type { ByReason, ListedException, MailboxAccount } from '#domain/wave-report.ts';

export const accountColumns = [
  'address',
  'organisation',
  'kind',
  'stage',
  'mark',
  'marked_for',
  'side',
  'found',
  'copied',
  'already_there',
  'refused',
  'refused_for',
  'different_in',
  'bytes',
  'seconds',
  'interrupted_seconds',
  'lag_seconds',
  'caught_up_at',
  'carried',
  'carried_back',
  'exceptions_open',
  'exceptions_accepted',
  'accepted_by',
  'verified',
  'verified_at',
  'not_taken_home',
  'way_home_late',
  'way_home_late_since',
  'interrupted_by',
  'stamps_seconds',
  'sign_in_seconds',
  'session_seconds',
  'delivery_seconds',
  'grade',
  'certified_at',
] as const;

type Cell = string | number | null;

export function accountCells(account: MailboxAccount): readonly Cell[] {
  const cells: Readonly<Record<(typeof accountColumns)[number], Cell>> = {
    address: account.address,
    organisation: account.organisation,
    kind: account.kind,
    stage: account.stage,
    mark: account.mark,
    marked_for: account.markedFor,
    side: account.side,
    found: account.found,
    copied: account.copied,
    already_there: account.alreadyThere,
    refused: account.refused,
    refused_for: reasons(account.refusedFor),
    different_in: reasons(account.differentIn),
    bytes: account.bytes,
    seconds: seconds(account.milliseconds),
    interrupted_seconds: seconds(account.interruptedMs),
    lag_seconds: seconds(account.lagMs),
    caught_up_at: account.caughtUpAt,
    carried: account.carried,
    carried_back: account.carriedBack,
    exceptions_open: account.open,
    exceptions_accepted: account.accepted,
    accepted_by: account.acceptedBy.join('; '),
    verified: account.verified?.outcome ?? null,
    verified_at: account.verified?.at ?? null,
    not_taken_home: account.notTakenHome,
    way_home_late: account.wayHomeLate,
    way_home_late_since: account.wayHomeLateSince,
    interrupted_by: account.interruption?.by ?? null,
    stamps_seconds: seconds(account.interruption?.stampsMs ?? null),
    sign_in_seconds: seconds(account.interruption?.signInMs ?? null),
    session_seconds: seconds(account.interruption?.sessionMs ?? null),
    delivery_seconds: seconds(account.interruption?.deliveryMs ?? null),
    grade: account.certified?.grade ?? null,
    certified_at: account.certified?.at ?? null,
  };
  return accountColumns.map((column) => cells[column]);
}

export const exceptionColumns = [
  'address',
  'folder',
  'uid',
  'uidvalidity',
  'kind',
  'code',
  'detail',
  'size_bytes',
  'message_id',
  'accepted_by',
  'accepted_why',
  'accepted_at',
] as const;

export function exceptionCells({ accepted, ...of }: ListedException): readonly Cell[] {
  const message = [
    of.address,
    of.folder,
    of.uid,
    of.uidValidity,
    of.kind,
    of.code,
    of.detail,
    of.sizeBytes,
    of.messageId,
  ];
  return [...message, accepted?.who ?? null, accepted?.why ?? null, accepted?.at ?? null];
}

/** `too-big=2; quota=1`. */
function reasons(by: ByReason): string | null {
  const each = Object.entries(by).map(([reason, n]) => `${reason}=${n}`);
  return each.length === 0 ? null : each.join('; ');
}

/** With three decimals. */
function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
