/** `godwit audit verify`: whether the log of who did what is as it was written. */

import { exitCodes } from './exit-code.ts';
import type { StatusFlags } from './flags.ts';
import { openProgrammeFor } from './programme.ts';
import type { Session } from './session.ts';
import { counted, shown } from './shown.ts';

/** Exit code 3 where it is not. */
export async function verify(this: Session, flags: StatusFlags): Promise<void> {
  await using programme = await openProgrammeFor(this, flags);
  const { finding, kept } = await programme.audit.verify();
  if (!finding.intact) this.exitCode = exitCodes.withExceptions;
  this.conclude({ ...finding, kept }, () => {
    if (!finding.intact) return [`The audit log is not as it was written: ${shown(finding.what, 400)}.`];
    const open = finding.unsealed === 0 ? '' : `, and ${counted(finding.unsealed, 'record')} not yet in the chain`;
    return [
      `The audit log is as it was written: ${counted(finding.records, 'record')}${open}.`,
      kept === null
        ? 'No head of it is kept in this state folder: whether its end was cut off cannot be told here.'
        : `Its head is the one that was kept, or follows on it: link ${kept.seq}, ${kept.hash}.`,
    ];
  });
}
