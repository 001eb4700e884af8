/** `godwit verify`: compares both ends of one move or of many, and tells where they are not the same. */

import { Fault, fault, told } from '#domain/fault.ts';
import type { VerifyReport } from '#domain/verify-report.ts';
import { everyOne } from '#lib/at-once.ts';
import { readAtOnce, readSelection } from './choices.ts';
import { exitCodeOfVerdict, gravest } from './exit-code.ts';
import type { VerifyFlags } from './flags.ts';
import { Progress } from './progress.ts';
import { parseShare } from './quantities.ts';
import type { Session } from './session.ts';
import { type Move, readMoves } from './sides.ts';
import { Problems } from './usage.ts';
import { verifyLines } from './verify-text.ts';
import type { Engine, VerifyOrder } from './world.ts';

export async function verify(this: Session, flags: VerifyFlags, source?: string, target?: string): Promise<void> {
  if (flags.wave !== undefined) {
    const { verifyWave } = await import('./verify-wave.ts');
    return await verifyWave(this, flags, flags.wave, source !== undefined);
  }
  const { world } = this;
  const signal = world.interruption;
  const problems = new Problems();
  const selection = readSelection(flags, world.now(), problems);
  const atOnce = readAtOnce(flags.atOnce, world.settings().atOnce, problems);
  const share = flags.sample === undefined ? 1 : parseShare(flags.sample);
  if (share === null) {
    problems.add(`--sample ${JSON.stringify(flags.sample)} is no share: write 5%, 0.05, or 0 for no content at all.`);
  }
  if ((flags.server ?? flags.token ?? flags.serverCa) !== undefined)
    problems.add('--server goes with --wave: a single move needs no estate.');
  problems.settle();
  const moves = await readMoves(flags, source, target, world, (warning) => this.warn(flags, warning));

  const reports: (VerifyReport | null)[] = moves.map(() => null);
  const finished = () => moves.map((move, i) => reports[i] ?? stoppedReport(move));
  world.onEmergency(() => this.conclude({ mailboxes: finished() }, () => []));
  {
    await using engine = await this.engine(flags, true);
    using progress = new Progress(this.screen, moves.length, () => world.now());
    await everyOne(moves, atOnce, signal, async (move, i) => {
      const order = { ...move, selection, sample: share === 1 ? null : share };
      reports[i] = await verifyOne(engine, order, progress, signal);
    });
  }
  const all = finished();
  this.exitCode = gravest(all.map(exitCodeOfVerdict));
  this.conclude({ mailboxes: all }, () => verifyLines(all, flags.quiet === true));
}

async function verifyOne(
  engine: Engine,
  order: VerifyOrder,
  progress: Progress,
  signal: AbortSignal,
): Promise<VerifyReport> {
  const { watcher, ended } = progress.begin(order.source.endpoint.name);
  try {
    const telling = { ...watcher, planned: (messages: number) => watcher.planned(messages, null) };
    const report = await engine.verify(order, telling, signal);
    return { ...report, source: order.source.endpoint.given, target: order.target.endpoint.given };
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return unfinished(order, error instanceof Fault ? error : fault('internal', { detail }, { cause: error }));
  } finally {
    ended();
  }
}

function stoppedReport(move: Move): VerifyReport {
  return unfinished(move, fault('interrupted', { by: 'a signal' }));
}

function unfinished({ source, target }: Move, why: Fault): VerifyReport {
  return {
    source: source.endpoint.given,
    target: target.endpoint.given,
    verdict: 'unfinished',
    share: 0,
    sourceMessages: 0,
    targetMessages: 0,
    equal: 0,
    messagesRead: 0,
    bytesRead: 0,
    folders: [],
    missing: [],
    extra: [],
    different: [],
    unreadable: [],
    folderNotes: [],
    milliseconds: 0,
    fault: told(why),
  };
}
