/** `godwit verify --wave`: compares both ends of every mailbox of a wave, several at once, while people go on working. */

import {
  nothingVerified,
  type VerificationTotals,
  type MailboxVerification,
  withVerified,
} from '#domain/wave-verification.ts';
import type { VerifiedMailbox } from '#operations/verify-wave.ts';
import { type ExitCode, exitCodeOfFault, exitCodes, gravest } from './exit-code.ts';
import type { VerifyFlags } from './flags.ts';
import { atOnceOf, endsWhole, openInspectionFor, stoppedShort } from './inspection.ts';
import { Progress } from './progress.ts';
import { parseShare } from './quantities.ts';
import type { Session } from './session.ts';
import { readAtOnce } from './choices.ts';
import { Problems } from './usage.ts';
import { Differing, verifiedWaveLines } from './verify-wave-text.ts';
import { unknownWave } from './wave-report.ts';

/** What stands in the settings of the programme, or belongs to single moves. */
const forMovesOnly = ['include', 'exclude', 'map', 'since', 'before', 'maxSize', 'accounts'] as const;

export async function verifyWave(
  session: Session,
  flags: VerifyFlags,
  name: string,
  isBesideMoves: boolean,
): Promise<void> {
  const { world, screen } = session;
  const signal = world.interruption;
  const problems = new Problems();
  const share = flags.sample === undefined ? 1 : parseShare(flags.sample);
  if (share === null)
    problems.add(`--sample ${JSON.stringify(flags.sample)} is no share: write 5%, 0.05, or 0 for no content at all.`);
  if (isBesideMoves) problems.add('--wave goes without SOURCE and TARGET: the settings of the programme name both.');
  for (const flag of forMovesOnly)
    if (flags[flag] !== undefined) problems.add(`--wave goes without --${flag}: the settings of the programme say it.`);
  const atOnce = flags.atOnce === undefined ? null : readAtOnce(flags.atOnce, 1, problems);
  problems.settle();
  await using inspection = await openInspectionFor(session, flags);
  const found = await inspection.find(name);
  if (found.kind === 'unknown') throw unknownWave(name, found.nearest);
  const { wave, mailboxes } = found;
  endsWhole(session);
  using progress = new Progress(screen, mailboxes, () => world.now());
  const watcher = {
    begins(address: string) {
      const { watcher: telling, ended } = progress.begin(address);
      return { ...telling, planned: (messages: number) => telling.planned(messages, null), ended };
    },
  };
  const order = { wave, atOnce: atOnceOf(inspection, atOnce), sample: share === 1 ? null : share, watcher };
  const tally = new Tally();
  const pages = tally.counted(inspection.verify(order, signal));
  if (session.json) {
    const document = session.longDocument();
    document.value('wave', wave);
    await document.list('mailboxes', pages);
    document.value('totals', tally.totals);
    session.exitCode = tally.exitCode;
    stoppedShort(session, signal, tally.mailboxes, mailboxes);
    document.end();
    return;
  }
  const differing = new Differing();
  for await (const page of pages) for (const each of page) differing.take(each);
  progress[Symbol.dispose]();
  session.exitCode = tally.exitCode;
  session.conclude(null, () => verifiedWaveLines(wave, tally.totals, differing, flags.quiet === true));
  stoppedShort(session, signal, tally.mailboxes, mailboxes);
}

class Tally {
  mailboxes = 0;
  totals: VerificationTotals = nothingVerified;
  exitCode: ExitCode = exitCodes.allThere;

  async *counted(pages: AsyncIterable<readonly VerifiedMailbox[]>): AsyncGenerator<readonly VerifiedMailbox[]> {
    for await (const page of pages) {
      this.mailboxes += page.length;
      this.totals = page.reduce(withVerified, this.totals);
      this.exitCode = gravest([this.exitCode, ...page.map(exitCodeOf)]);
      yield page;
    }
  }
}

/** What was not compared is not known to be there, nor is what nobody can tell of. */
function exitCodeOf({ outcome, fault }: MailboxVerification): ExitCode {
  if (fault) return exitCodeOfFault(fault.code);
  return outcome === 'whole' || outcome === 'accepted' ? exitCodes.allThere : exitCodes.withExceptions;
}
