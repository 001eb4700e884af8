/** `godwit access approvals` and `approve`: what waits for a second person, and to be that person. */

import type { ApprovalLine } from '#domain/access.ts';
import { idIn, momentText, openAccessFor } from './access-desk.ts';
import type { AccessListFlags, ApproveFlags } from './access-flags.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';
import { usageError } from './usage.ts';

export async function listApprovals(this: Session, flags: AccessListFlags): Promise<void> {
  await using desk = await openAccessFor(this, flags);
  const approvals = await desk.approvals.list({ ended: flags.all === true }, desk.holder);
  this.conclude({ approvals }, () =>
    approvals.length === 0 ? ['Nothing waits for a second person.'] : approvals.flatMap(lines),
  );
}

function lines(approval: ApprovalLine): readonly string[] {
  const { id, act, on, why, askedBy, askedAt } = approval;
  return [
    `${id}  ${act}: ${shown(on, 400)}${whom(approval)}`,
    `   asked by ${shown(askedBy)}, ${momentText(askedAt)}: ${shown(why, 400)}`,
    `   ${standing(approval)}`,
  ];
}

/** How many were meant when it was asked for, which is what it is good for. */
function whom({ act, meant }: ApprovalLine): string {
  if (meant === null) return '';
  return act === 'accept-loss' ? ` (${meant} exceptions)` : ` (${meant} mailboxes)`;
}

function standing({ approvedBy, approvedAt, usedAt, expiresAt, hasExpired }: ApprovalLine): string {
  const approved = approvedBy === null || approvedAt === null ? null : `approved by ${shown(approvedBy)}`;
  if (usedAt !== null) return `${approved}, done ${momentText(usedAt)}`;
  if (hasExpired) return `${approved ?? 'approved by nobody'}, expired ${momentText(expiresAt)}`;
  return approved === null
    ? `waits for a second person until ${momentText(expiresAt)}`
    : `${approved}, to be done by ${momentText(expiresAt)}`;
}

export async function approve(this: Session, flags: ApproveFlags, id: string): Promise<void> {
  const number = idIn(id);
  const why = flags.why.trim();
  if (why === '') throw usageError('What have you seen to? --why is recorded.');
  await using desk = await openAccessFor(this, flags);
  const approved = await desk.approvals.approve(number, desk.holder, why);
  if (approved.kind === 'refused') throw usageError(refusals[approved.why](number));
  const { approval } = approved;
  this.conclude(approved, () => [
    `Approved: ${approval.act}, ${shown(approval.on, 400)}${whom(approval)}. ${shown(approval.askedBy)} may do it once, until ${momentText(approval.expiresAt)}.`,
  ]);
}

const refusals = {
  unknown: (id: number) => `Nobody has asked for ${id} (godwit access approvals).`,
  own: (id: number) => `${id} was asked for by you: a second person is somebody else.`,
  ended: (id: number) => `${id} was approved before, or has expired (godwit access approvals --all).`,
} as const;
