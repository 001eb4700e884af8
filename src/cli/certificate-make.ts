/** `godwit certificate make`: reads both sides of mailboxes and signs what was found; and the keys for those who check contents. */

import type { WaveCertificate } from '#domain/certificate.ts';
import { type Grade, type GradeCounts, grades, noGrades } from '#domain/grade.ts';
import type { Wave } from '#domain/wave.ts';
import type { MadeCertificate } from '#operations/make-certificates.ts';
import { openEvidenceFor } from './certificate-work.ts';
import { readAtOnce } from './choices.ts';
import type { DigestKeyFlags, MakeFlags } from './evidence-flags.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import { endsWhole, stoppedShort } from './inspection.ts';
import { Progress } from './progress.ts';
import type { Session } from './session.ts';
import { count, counted, shown, table } from './shown.ts';
import { Problems } from './usage.ts';
import { unknownWave } from './wave-report.ts';
import type { Certified, EvidenceWork } from './world.ts';

const mailboxesShown = 50;

export async function makeCertificates(this: Session, flags: MakeFlags): Promise<void> {
  const { world, screen } = this;
  const signal = world.interruption;
  const problems = new Problems();
  const atOnce = flags.atOnce === undefined ? null : readAtOnce(flags.atOnce, 1, problems);
  oneOfBoth(flags, problems);
  problems.settle();
  await using work = await openEvidenceFor(this, flags);
  const { whose, wave, mailboxes } = await meant(work, flags);
  endsWhole(this);
  using progress = new Progress(screen, mailboxes, () => world.now());
  const watcher = {
    begins(address: string) {
      const { watcher: telling, ended } = progress.begin(address);
      return { ...telling, planned: (messages: number) => telling.planned(messages, null), ended };
    },
  };
  const folder = flags.out ?? null;
  const order = { whose, atOnce, anew: flags.anew === true, folder, watcher };
  const tally = new Tally();
  const pages = tally.counted(work.make({ ...order, withElements: flags.noElements !== true }, signal));
  const document = this.json ? this.longDocument() : null;
  if (document) await document.list('mailboxes', pages);
  else for await (const _page of pages);
  progress[Symbol.dispose]();
  const isWhole = tally.mailboxes === mailboxes;
  // A root is made when everybody was looked at; what was made until then is kept for the next run.
  const root = wave && isWhole ? await work.close({ wave, reasons: tally.reasons, folder }) : null;
  this.exitCode = tally.exitCode;
  document?.value('grades', tally.grades);
  document?.value('wave', root);
  if (!document) this.conclude(null, () => madeLines(tally, root, folder));
  stoppedShort(this, signal, tally.mailboxes, mailboxes);
  document?.end();
}

export async function writeDigestKeys(this: Session, flags: DigestKeyFlags): Promise<void> {
  const problems = new Problems();
  oneOfBoth(flags, problems);
  if (flags.out === undefined)
    problems.add('--out is missing: the folder in which one key for each mailbox is written.');
  problems.settle();
  const folder = flags.out as string;
  await using work = await openEvidenceFor(this, flags);
  const { whose } = await meant(work, flags);
  const keys = await work.digestKeys(whose, folder);
  this.conclude({ folder, keys }, () => [
    `Wrote ${counted(keys, 'digest key')} to ${shown(folder)}, for you alone to read.`,
    'Whoever has one can try guesses at messages against the certificate of that mailbox: give it to who checks it, and nobody else.',
  ]);
}

function oneOfBoth({ wave, mailbox }: Pick<MakeFlags, 'wave' | 'mailbox'>, problems: Problems): void {
  if ((wave === undefined) === (mailbox === undefined))
    problems.add('Say of whom: --wave WAVE, or --mailbox ADDRESS for one, and not both.');
}

interface Meant {
  readonly whose: Certified;
  /** Of one mailbox there is no root: it is covered by the next of its wave. */
  readonly wave: Wave | null;
  readonly mailboxes: number;
}

async function meant(work: EvidenceWork, flags: Pick<MakeFlags, 'wave' | 'mailbox'>): Promise<Meant> {
  if (flags.wave === undefined) return { whose: { mailbox: flags.mailbox ?? '' }, wave: null, mailboxes: 1 };
  const found = await work.find(flags.wave);
  if (found.kind === 'unknown') throw unknownWave(flags.wave, found.nearest);
  return { ...found, whose: { wave: found.wave } };
}

class Tally {
  mailboxes = 0;
  kept = 0;
  grades: GradeCounts = noGrades;
  /** Why there is none, by address: the code, and in words. */
  readonly reasons = new Map<string, string>();
  readonly inWords = new Map<string, string>();
  readonly imperfect: { readonly address: string; readonly grade: Grade; readonly because: string }[] = [];
  imperfectCount = 0;
  exitCode: ExitCode = exitCodes.allThere;

  async *counted(pages: AsyncIterable<readonly MadeCertificate[]>): AsyncGenerator<readonly MadeCertificate[]> {
    for await (const page of pages) {
      this.mailboxes += page.length;
      for (const made of page) this.#take(made);
      yield page;
    }
  }

  #take(made: MadeCertificate): void {
    if (made.kind === 'none') {
      this.reasons.set(made.address, made.code);
      this.inWords.set(made.address, made.why);
      this.exitCode = exitCodes.withExceptions;
      return;
    }
    const grade = made.kind === 'made' ? made.grade.grade : made.grade;
    if (made.kind === 'kept') this.kept++;
    this.grades = { ...this.grades, [grade]: this.grades[grade] + 1 };
    if (grade === 'investigate' || grade === 'poor') this.exitCode = exitCodes.withExceptions;
    if (grade === 'perfect') return;
    this.imperfectCount++;
    const because = made.kind === 'made' ? made.grade.because.join('; ') : 'see its certificate';
    if (this.imperfect.length < mailboxesShown) this.imperfect.push({ address: made.address, grade, because });
  }
}

function madeLines(tally: Tally, root: WaveCertificate | null, folder: string | null): readonly string[] {
  const made = tally.mailboxes - tally.reasons.size;
  const rows = grades.filter((grade) => tally.grades[grade] > 0).map((grade) => [count(tally.grades[grade]), grade]);
  const earlier = tally.kept > 0 ? `, ${count(tally.kept)} of them in an earlier run that was broken off` : '';
  return [
    `${counted(made, 'certificate')} made${earlier}${folder === null ? '' : `, in ${shown(folder)}`}.`,
    ...table(rows, new Set([0])).map((line) => `  ${line}`),
    ...tally.imperfect.map(({ address, grade, because }) => `${shown(address, 60)}  ${grade}: ${shown(because, 200)}`),
    ...more(tally.imperfectCount - tally.imperfect.length),
    ...[...tally.inWords]
      .slice(0, mailboxesShown)
      .map(([address, why]) => `${shown(address, 60)}  no certificate: ${shown(why, 200)}`),
    ...more(tally.reasons.size - mailboxesShown),
    ...(root === null
      ? []
      : [
          `Wave ${shown(root.wave.name, 40)} is ${root.grade.grade}. Its root, stamped into the audit log: ${root.root}`,
        ]),
  ];
}

function more(mailboxes: number): readonly string[] {
  return mailboxes > 0 ? [`… and ${counted(mailboxes, 'mailbox', 'mailboxes')} more (-o json)`] : [];
}
