/** `godwit copy`: reads what is wanted, moves one mailbox or many, and tells how it went. */

import { Fault, fault, told } from '#domain/fault.ts';
import type { MailboxReport } from '#domain/report.ts';
import type { Log } from '#lib/log.ts';
import { Pace } from '#lib/pace.ts';
import { parseTimetable } from '#lib/timetable.ts';
import type { CopyChoices, CopyWatcher } from '#operations/copy-mailbox.ts';
import { everyOne } from '#lib/at-once.ts';
import { readAtOnce, readChoices } from './choices.ts';
import { exitCodeOfReport, gravest } from './exit-code.ts';
import type { CopyFlags } from './flags.ts';
import { Progress } from './progress.ts';
import { reportLines } from './report-text.ts';
import { inRounds } from './rounds.ts';
import type { Session } from './session.ts';
import { type Move, readMoves } from './sides.ts';
import { Problems } from './usage.ts';
import type { CopyOrder, Engine } from './world.ts';

/** Runs the command; what it ends with stands in `this.exitCode`. Throws a `UsageError` before anything is started. */
export async function copy(this: Session, flags: CopyFlags, source?: string, target?: string): Promise<void> {
  const { world } = this;
  const signal = world.interruption;
  const problems = new Problems();
  const choices = readChoices(flags, world.now(), problems);
  const atOnce = readAtOnce(flags.atOnce, world.settings().atOnce, problems);
  const timetable = flags.bandwidth === undefined ? null : parseTimetable(flags.bandwidth);
  if (timetable?.kind === 'refused') problems.add(`--bandwidth: ${timetable.says}`);
  problems.settle();
  const log = this.log(flags);
  const moves = await readMoves(flags, source, target, world, (warning) => this.warn(flags, warning));
  // One bucket for all mailboxes: the limit is that of the line, not of each.
  const pace = timetable?.kind === 'timetable' ? new Pace(timetable.slots, signal) : null;

  const startedMs = world.now();
  const reports: (MailboxReport | null)[] = moves.map(() => null);
  const finished = () => moves.map((move, i) => reports[i] ?? stoppedReport(move, choices.dryRun));
  world.onEmergency(() => this.conclude({ mailboxes: finished() }, () => []));
  {
    await using engine = await this.engine(flags, choices.dryRun);
    using progress = new Progress(this.screen, moves.length, () => world.now());
    const run = async (i: number, as: CopyChoices): Promise<MailboxReport> =>
      await copyOne(engine, { ...(moves[i] as Move), choices: as, pace }, progress, log, signal);
    // An engine that follows keeps its connections; more of them than are allowed at once take turns instead.
    if (choices.followSeconds !== null && moves.length > atOnce) {
      await inRounds(moves.length, atOnce, choices.followSeconds, signal, reports, async (i) =>
        run(i, { ...choices, followSeconds: null }),
      );
    } else {
      await everyOne(moves, atOnce, signal, async (_move, i) => {
        reports[i] = await run(i, choices);
      });
    }
  }
  const all = finished();
  log.info('copy ended', { mailboxes: all.length, ms: Math.round(world.now() - startedMs) });
  this.exitCode = gravest(all.map(exitCodeOfReport));
  this.conclude({ mailboxes: all }, () => reportLines(all, flags.quiet === true));
}

/** One mailbox, whatever happens: what breaks our own assumptions ends this mailbox and not the others. */
async function copyOne(
  engine: Engine,
  order: CopyOrder,
  progress: Progress,
  log: Log,
  signal: AbortSignal,
): Promise<MailboxReport> {
  const { watcher, ended } = progress.begin(order.source.endpoint.name);
  const caughtUp: CopyWatcher['caughtUp'] = (report) => {
    watcher.caughtUp(report);
    const { copied, flagsChanged, removed } = report;
    log.info('caught up', { mailbox: order.source.endpoint.name, copied, flagsChanged, removed });
  };
  try {
    const report = await engine.copy(order, { ...watcher, caughtUp }, signal);
    return { ...report, source: order.source.endpoint.given, target: order.target.endpoint.given };
  } catch (error) {
    return reportOfFault(order, order.choices.dryRun, asFault(error, signal));
  } finally {
    ended();
  }
}

function asFault(error: unknown, signal: AbortSignal): Fault {
  if (error instanceof Fault) return error;
  if (signal.aborted) return fault('interrupted', { by: 'a signal' }, { cause: error });
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return fault('internal', { detail }, { cause: error });
}

/** The report of a mailbox whose turn never came, or whose end was not waited for. */
function stoppedReport(move: Move, dryRun: boolean): MailboxReport {
  return reportOfFault(move, dryRun, fault('interrupted', { by: 'a signal' }));
}

function reportOfFault({ source, target }: Move, dryRun: boolean, why: Fault): MailboxReport {
  return {
    source: source.endpoint.given,
    target: target.endpoint.given,
    copied: 0,
    alreadyThere: 0,
    flagsChanged: 0,
    removed: 0,
    bytes: 0,
    milliseconds: 0,
    refused: [],
    differences: [],
    folders: [],
    kept: [],
    fault: told(why),
    dryRun,
  };
}
