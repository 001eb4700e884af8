/** `godwit mailbox accept`: somebody takes it upon themselves that a message did not arrive, or not as it was. */

import type { WhichExceptions } from '#domain/acceptance.ts';
import * as imap from '#protocols/imap/index.ts';
import type { AcceptFlags } from './flags.ts';
import { openProgrammeFor } from './programme.ts';
import type { Session } from './session.ts';
import { counted, shown } from './shown.ts';
import { Problems, usageError } from './usage.ts';

export async function accept(this: Session, flags: AcceptFlags, address: string): Promise<void> {
  const problems = new Problems();
  const why = flags.why?.trim() ?? '';
  if (why === '') problems.add('--why is missing: whoever asks later should know why it was accepted.');
  const which = whichOf(flags, problems);
  problems.settle();
  await using programme = await openProgrammeFor(this, flags);
  const accepted = await programme.acceptances.accept(address, which, programme.who, why);
  if (accepted.kind === 'unknown') throw usageError(`There is no mailbox ${shown(address)} in this estate.`);
  if (accepted.kind === 'nothing')
    throw usageError(
      `Nothing of that is listed for ${shown(address)} and still open (godwit report wave, godwit describe mailbox).`,
    );
  this.conclude({ address, ...accepted }, () => [
    `${shown(address)}: ${counted(accepted.exceptions, 'exception')} accepted.`,
  ]);
}

function whichOf({ all, folder, uid }: AcceptFlags, problems: Problems): WhichExceptions {
  if (all === true) {
    if (folder !== undefined || uid !== undefined) problems.add('--all goes without --folder and --uid.');
    return { kind: 'all' };
  }
  if (folder === undefined) {
    problems.add('Say which: --folder F --uid N for one message, --folder F for a folder, or --all.');
    return { kind: 'all' };
  }
  // As the reports tell it, or as the platform writes it.
  const folders = [...new Set([folder, imap.encodeMailboxName(folder)])];
  if (uid === undefined) return { kind: 'folder', folders };
  if (!/^[1-9]\d{0,9}$/.test(uid)) problems.add('--uid wants the number of a message.');
  return { kind: 'message', folders, uid: Number(uid) };
}
