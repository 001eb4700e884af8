/** `godwit wave check`: what will go wrong with which mailboxes of a wave, days before it comes. */

import { lackingOf, type WaveWays } from '#domain/ways-in.ts';
import { isReady, type ReadinessKind, readinessKinds } from '#domain/readiness.ts';
import type { FaultReport } from '#domain/report.ts';
import { csvLine } from '#lib/csv-cells.ts';
import type { CheckedMailbox } from '#operations/check-wave.ts';
import { readAtOnce } from './choices.ts';
import { type ExitCode, exitCodeOfFault, exitCodes, gravest } from './exit-code.ts';
import { faultLines } from './fault-text.ts';
import type { WaveCheckFlags } from './flags.ts';
import { atOnceOf, endsWhole, openInspectionFor, stoppedShort } from './inspection.ts';
import { Progress } from './progress.ts';
import type { Session } from './session.ts';
import { count, counted, shown } from './shown.ts';
import { Problems } from './usage.ts';
import { unknownWave } from './wave-report.ts';
import { waysLines } from './ways-in.ts';

/** Found ready no longer ago than this, a mailbox is not looked at again unless somebody asks for it. */
const freshSeconds = 24 * 3_600;

export async function checkWave(this: Session, flags: WaveCheckFlags, name: string): Promise<void> {
  const { world, screen } = this;
  const signal = world.interruption;
  const problems = new Problems();
  const atOnce = flags.atOnce === undefined ? null : readAtOnce(flags.atOnce, 1, problems);
  problems.settle();
  await using inspection = await openInspectionFor(this, flags);
  const found = await inspection.find(name);
  if (found.kind === 'unknown') throw unknownWave(name, found.nearest);
  const { wave, mailboxes } = found;
  const ways = await inspection.ways(wave);
  endsWhole(this);
  using progress = new Progress(screen, mailboxes, () => world.now());
  const order = {
    wave,
    atOnce: atOnceOf(inspection, atOnce),
    freshSeconds: flags.again === true ? 0 : freshSeconds,
    watcher: { begins: (address: string) => progress.begin(address) },
  };
  const tally = new CheckTally(ways);
  const pages = tally.counted(inspection.check(order, signal));
  if (this.json) {
    const document = this.longDocument();
    document.value('wave', wave);
    await document.list('mailboxes', pages);
    document.value('ready', tally.ready);
    document.value('kinds', tally.kinds());
    document.value('waysIn', ways);
    this.exitCode = tally.exitCode;
    stoppedShort(this, signal, tally.mailboxes, mailboxes);
    document.end();
    return;
  }
  const isTable = flags.output === 'csv';
  if (isTable) world.stdout.write(csvLine(['address', 'weight', 'kind', 'says', 'remedy']));
  for await (const page of pages) if (isTable) world.stdout.write(page.flatMap(cellsOf).map(csvLine).join(''));
  progress[Symbol.dispose]();
  this.exitCode = tally.exitCode;
  if (!isTable)
    this.conclude(null, () => [
      ...checkedLines(wave.name, tally, flags.quiet === true),
      ...waysLines(wave.name, ways, flags.quiet === true),
    ]);
  stoppedShort(this, signal, tally.mailboxes, mailboxes);
}

/** One line for each remark, and one for who has none. */
function cellsOf({ address, remarks, fault }: CheckedMailbox): readonly (readonly string[])[] {
  if (fault) return [[address, 'unknown', fault.code, fault.message, fault.remedy]];
  if (remarks.length === 0) return [[address, 'ready', '', '', '']];
  return remarks.map(({ weight, kind, says }) => [address, weight, kind, says, readinessKinds[kind].remedy]);
}

const namesShown = 10;

interface OfKind {
  mailboxes: number;
  readonly first: { readonly address: string; readonly says: string }[];
}

class CheckTally {
  mailboxes = 0;
  ready = 0;
  earlier = 0;
  unknown = 0;
  exitCode: ExitCode = exitCodes.allThere;
  readonly #kinds = new Map<ReadinessKind, OfKind>();
  readonly faults = new Map<string, { readonly fault: FaultReport; mailboxes: number }>();

  /** A wave that waits for somebody's word is not ready, whatever its mailboxes are. */
  constructor({ organisations }: WaveWays) {
    if (organisations.some((each) => lackingOf(each).length > 0)) this.exitCode = exitCodes.withExceptions;
  }

  async *counted(pages: AsyncIterable<readonly CheckedMailbox[]>): AsyncGenerator<readonly CheckedMailbox[]> {
    for await (const page of pages) {
      for (const each of page) this.#count(each);
      yield page;
    }
  }

  /** The most frequent trouble first, then the notes. */
  get ofKinds(): readonly (readonly [ReadinessKind, OfKind])[] {
    const isNote = (kind: ReadinessKind): number => Number(readinessKinds[kind].weight === 'note');
    return [...this.#kinds].sort(([a, m], [b, n]) => isNote(a) - isNote(b) || n.mailboxes - m.mailboxes);
  }

  kinds(): readonly unknown[] {
    return this.ofKinds.map(([kind, { mailboxes }]) => ({ kind, mailboxes, ...readinessKinds[kind] }));
  }

  #count(checked: CheckedMailbox): void {
    const { address, remarks, fault, isEarlier } = checked;
    this.mailboxes++;
    if (isEarlier) this.earlier++;
    if (fault) {
      this.unknown++;
      this.exitCode = gravest([this.exitCode, exitCodeOfFault(fault.code)]);
      const known = this.faults.get(fault.code);
      if (known) known.mailboxes++;
      else this.faults.set(fault.code, { fault, mailboxes: 1 });
      return;
    }
    if (isReady(checked)) this.ready++;
    else this.exitCode = gravest([this.exitCode, exitCodes.withExceptions]);
    for (const [kind, says] of Map.groupBy(remarks, (remark) => remark.kind)) {
      const of = this.#kinds.get(kind) ?? { mailboxes: 0, first: [] };
      this.#kinds.set(kind, of);
      of.mailboxes++;
      if (of.first.length < namesShown) of.first.push({ address, says: says.map((each) => each.says).join('; ') });
    }
  }
}

function checkedLines(wave: string, tally: CheckTally, onlyTrouble: boolean): readonly string[] {
  const again = tally.earlier > 0 ? `, ${count(tally.earlier)} of them found so within a day (--again looks anew)` : '';
  const lines = onlyTrouble
    ? []
    : [
        `Wave ${shown(wave, 40)}: ${count(tally.ready)} of ${counted(tally.mailboxes, 'mailbox', 'mailboxes')} ready${again}`,
      ];
  for (const [kind, { mailboxes, first }] of tally.ofKinds) {
    const { weight, is, remedy } = readinessKinds[kind];
    if (onlyTrouble && weight === 'note') continue;
    lines.push(
      '',
      `${counted(mailboxes, 'mailbox', 'mailboxes')} ${is}${weight === 'note' ? ' (a note)' : ''}`,
      `  ${remedy}`,
    );
    lines.push(...first.map(({ address, says }) => `    ${shown(address, 60)}: ${shown(says, 200)}`));
    if (mailboxes > first.length) lines.push(`    … and ${count(mailboxes - first.length)} more (-o csv)`);
  }
  for (const { fault, mailboxes } of tally.faults.values())
    lines.push(
      '',
      `${counted(mailboxes, 'mailbox', 'mailboxes')} could not be looked at`,
      ...faultLines(fault).map((line) => `  ${line}`),
    );
  return lines;
}
