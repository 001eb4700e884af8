/** `godwit probe`: looks at one server and tells what it is, what it can do, and what that means for a move. */

import { exitCodeOfFault, exitCodes } from './exit-code.ts';
import type { ProbeFlags } from './flags.ts';
import { probeLines } from './probe-text.ts';
import { Progress } from './progress.ts';
import type { Session } from './session.ts';
import { readServer } from './sides.ts';
import { usageError } from './usage.ts';

export async function probe(this: Session, flags: ProbeFlags, server: string): Promise<void> {
  const { world } = this;
  const side = await readServer(flags, server, world, (warning) => this.warn(flags, warning));
  if (flags.deep === true && side.signIn.kind === 'none') {
    throw usageError(
      `--deep looks at every message, and ${side.endpoint.name} names no mailbox: write imaps://someone@${side.endpoint.host}.`,
    );
  }
  world.onEmergency(() => this.conclude({ server: side.endpoint.given, fault: { code: 'interrupted' } }, () => []));
  let report;
  {
    await using engine = await this.engine(flags, true);
    using progress = new Progress(this.screen, 1, () => world.now());
    const { watcher, ended } = progress.begin(side.endpoint.name);
    report = await engine.probe(side, flags.deep === true, watcher, world.interruption);
    ended();
  }
  report = { ...report, server: side.endpoint.given };
  this.exitCode = report.fault ? exitCodeOfFault(report.fault.code) : exitCodes.allThere;
  this.conclude(report, () => probeLines(report, flags.quiet === true));
}
