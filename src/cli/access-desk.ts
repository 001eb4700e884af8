/** What the commands of `godwit access` have in common. */

import type { HeldRole } from '#domain/rights.ts';
import type { AccessFlags } from './access-flags.ts';
import { serverOf } from './by-server.ts';
import { estateOf } from './programme.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';
import { usageError } from './usage.ts';
import type { AccessDesk } from './world.ts';

export async function openAccessFor(session: Session, flags: AccessFlags): Promise<AccessDesk> {
  const server = await serverOf(session, flags);
  if (server !== null) return (await session.world.openDesksThere(server)).access();
  return session.world.openAccess(await estateOf(session, flags));
}

/** The number by which lists name it. */
export function idIn(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usageError('ID is the number that the list shows, such as 7.');
  return Number(text);
}

/** `2026-12-01 19:00Z`. */
export function momentText(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')}Z`;
}

export function roleText({ role, organisation }: HeldRole): string {
  return `${role} of ${organisation === null ? 'the whole estate' : shown(organisation, 40)}`;
}
