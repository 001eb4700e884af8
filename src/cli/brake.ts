/** `godwit brake`: stops all switching, at once and for everybody, and lets it go on. */

import type { BrakeFlags } from './flags.ts';
import { openProgrammeFor } from './programme.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';
import { usageError } from './usage.ts';

export async function brakeOn(this: Session, flags: BrakeFlags): Promise<void> {
  const why = reasonIn(flags, 'Why is it pulled? --why tells those who find it on.');
  await using programme = await openProgrammeFor(this, flags);
  const isNew = await programme.brake.pull(programme.who, why);
  const now = await programme.brake.state();
  this.conclude({ brake: 'on', isNew, ...now }, () => [
    isNew
      ? 'The brake is on: nothing begins to switch from now on, and what is in the middle of it stays where it was.'
      : `It is on already: ${shown(now?.who ?? '')} pulled it (${shown(now?.why ?? '', 400)}).`,
    'Targets are kept close meanwhile. `godwit brake off --why …` lets it go on.',
  ]);
}

export async function brakeOff(this: Session, flags: BrakeFlags): Promise<void> {
  const why = reasonIn(flags, 'Why may it go on? --why is recorded.');
  await using programme = await openProgrammeFor(this, flags);
  const wasOn = await programme.brake.release(programme.who, why);
  this.conclude({ brake: 'off', wasOn }, () => [
    wasOn ? 'The brake is off: windows that are open go on.' : 'It was not on.',
  ]);
}

function reasonIn({ why }: BrakeFlags, question: string): string {
  const reason = why?.trim() ?? '';
  if (reason === '') throw usageError(question);
  return reason;
}
