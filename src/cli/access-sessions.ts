/** `godwit access session`: who is signed in, and who is no more. */

import type { SessionLine } from '#domain/access.ts';
import { idIn, momentText, openAccessFor, roleText } from './access-desk.ts';
import type { AccessListFlags, AccessWhyFlags } from './access-flags.ts';
import type { Session } from './session.ts';
import { shown, table } from './shown.ts';
import { usageError } from './usage.ts';

export async function listSessions(this: Session, flags: AccessListFlags): Promise<void> {
  await using desk = await openAccessFor(this, flags);
  const sessions = await desk.sessions.list({ ended: flags.all === true });
  this.conclude({ sessions }, () =>
    sessions.length === 0 ? ['Nobody is signed in.'] : table([headings, ...sessions.map(cells)], new Set([0])),
  );
}

const headings = ['id', 'who', 'may', 'since', 'until', 'last seen'];

function cells({ id, who, roles, createdAt, expiresAt, hasExpired, usedAt, revokedAt }: SessionLine): string[] {
  return [
    String(id),
    shown(who, 60),
    roles.map(roleText).join('; ') || 'nothing',
    momentText(createdAt),
    revokedAt !== null ? 'revoked' : hasExpired ? 'expired' : momentText(expiresAt),
    usedAt === null ? 'never' : momentText(usedAt),
  ];
}

export async function revokeSession(this: Session, flags: AccessWhyFlags, id: string): Promise<void> {
  const number = idIn(id);
  await using desk = await openAccessFor(this, flags);
  const revoked = await desk.sessions.revoke(number, desk.holder.who, flags.why ?? null);
  if (revoked === 'unknown') throw usageError(`There is no session ${number}.`);
  this.conclude({ session: number, revoked: revoked === 'revoked' }, () => [
    revoked === 'revoked' ? `Session ${number} is ended.` : `Session ${number} had ended before.`,
  ]);
}
