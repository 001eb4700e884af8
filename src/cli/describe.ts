/** `godwit describe`: everything about one mailbox or one wave, for somebody who has its owner on the phone. */

import type { ListedException } from '#domain/wave-report.ts';
import * as imap from '#protocols/imap/index.ts';
import { mailboxLines } from './describe-mailbox-text.ts';
import { waveLines } from './describe-wave-text.ts';
import { exitCodes } from './exit-code.ts';
import type { StatusFlags } from './flags.ts';
import { openProgrammeFor } from './programme.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';
import { usageError } from './usage.ts';

/** Exit code 3 where it is blocked. */
export async function describeMailbox(this: Session, flags: StatusFlags, address: string): Promise<void> {
  await using programme = await openProgrammeFor(this, flags);
  const found = await programme.descriptions.mailbox(address);
  if (found.kind === 'unknown')
    throw usageError(`There is no mailbox ${shown(address, 320)} in this estate${meant(found)}`);
  const mailbox = { ...found.mailbox, exceptions: found.mailbox.exceptions.map(readable) };
  this.conclude(mailbox, () => mailboxLines(mailbox, this.world.now()));
  if (mailbox.marks.some(({ mark }) => mark === 'blocked')) this.exitCode = exitCodes.withExceptions;
}

/** Exit code 3 where somebody in it is blocked. */
export async function describeWave(this: Session, flags: StatusFlags, name: string): Promise<void> {
  await using programme = await openProgrammeFor(this, flags);
  const found = await programme.descriptions.wave(name);
  if (found.kind === 'unknown') throw usageError(`There is no wave ${shown(name, 80)}${meant(found)}`);
  this.conclude(found.wave, () => waveLines(found.wave, this.world.now()));
  if (found.wave.faults.length > 0) this.exitCode = exitCodes.withExceptions;
}

function meant({ nearest }: { readonly nearest: string | null }): string {
  return nearest === null ? '.' : `; did you mean ${shown(nearest, 320)}?`;
}

/** Folders as people read them; their platform writes them in modified UTF-7 (RFC 3501 §5.1.3). */
function readable(exception: ListedException): ListedException {
  return { ...exception, folder: imap.decodeMailboxName(exception.folder) };
}
