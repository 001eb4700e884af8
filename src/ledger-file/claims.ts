/** Who holds a mailbox. Each is claimed by one process at a time, which says now and then that it lives. Inside a transaction. */

import { type Fault, fault } from '#domain/fault.ts';
import type { MailboxPair } from '#ports/ledger.ts';
import { type Holder, lives, nameOf, ourselves } from './holder.ts';
import type { Statements } from './statements.ts';

interface ClaimRow extends Holder {
  readonly token: number;
  readonly holder: string;
  readonly renewed_ms: number;
}

/** The mailbox's number, held by us from now on, and whether a dead process held it. Throws `ledger.in-use`. */
export function takeClaim(
  ask: Statements,
  pair: MailboxPair,
  token: number,
): { mailbox: number; isInherited: boolean } {
  const mailbox = mailboxOf(ask, pair) ?? Number(ask.of('new-mailbox').run(pair.source, pair.target).lastInsertRowid);
  const claim = ask.of('claim').get(mailbox) as unknown as ClaimRow | undefined;
  const now = Date.now();
  if (claim && lives(claim, claim.renewed_ms, now)) throw inUse(pair, claim.holder);
  const us = ourselves();
  ask.of('take-claim').run(mailbox, token, us.pid, us.started, us.place, nameOf(us), now);
  return { mailbox, isInherited: claim !== undefined };
}

/** Held up for longer than a claim lasts (a machine put to sleep), we may have been taken for dead. Throws `ledger.in-use`. */
export function checkClaim(ask: Statements, pair: MailboxPair, mailbox: number, token: number): void {
  const claim = ask.of('claim-token').get(mailbox) as { token: number } | undefined;
  if (claim?.token !== token) throw inUse(pair, 'it took this process for dead');
}

export function renewClaim(ask: Statements, mailbox: number, token: number, now: number): void {
  ask.of('renew-claim').run(now, mailbox, token);
}

export function leaveClaim(ask: Statements, mailbox: number, token: number): void {
  ask.of('leave-claim').run(mailbox, token);
}

/** The number under which the ledger knows a pair, null where it does not. */
export function mailboxOf(ask: Statements, pair: MailboxPair): number | null {
  const row = ask.of('mailbox').get(pair.source, pair.target) as { id: number } | undefined;
  return row?.id ?? null;
}

function inUse(pair: MailboxPair, holder: string): Fault {
  return fault('ledger.in-use', { mailbox: `${pair.source} → ${pair.target}`, holder });
}
