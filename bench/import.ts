/**
 * An estate as large as a national health service, imported: into an empty database, once more (when nothing changes), and a
 * month later, when some have joined, moved and left and every size is another. What is timed is the command as people type
 * it; its memory is its own, without PostgreSQL's.
 */

import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { startEmbedded } from '#postgres/embedded.ts';
import { type CpuCounter, openCpuCounter } from './cpu.ts';
import { type EstateFiles, type EstateShape, estateOf, MadeEstate, writeEstate } from './estate-generator.ts';
import { measure } from './measure.ts';
import { launcher } from './peers/godwit.ts';

export interface ImportRun {
  readonly run: 'first' | 'again' | 'a month later';
  readonly wallSeconds: number;
  readonly godwitCpuSeconds: number;
  readonly postgresCpuSeconds: number;
  readonly peakRssBytes: number;
  /** What was imported is what was made, as far as its counts tell. */
  readonly isRight: boolean;
}

/** Asked of an estate of 2.1 million mailboxes and 5 million grants; of a smaller one as much less. */
const secondsMax = 180;
const rssMax = 500e6;
const timeoutMs = 30 * 60_000;
const scratch = '.scratch/bench/import';

export async function runImport(
  mailboxes: number,
  grants: number,
  say: (line: string) => void,
): Promise<readonly ImportRun[]> {
  const shape = estateOf(mailboxes, grants);
  const files = await madeFiles(shape, say);
  const later = await aMonthLater(files);
  const state = join(scratch, 'state');
  await rm(state, { recursive: true, force: true });
  mkdirSync(state, { recursive: true });
  using counter = openCpuCounter();
  // Started here, so that it is nobody's child whose memory is looked at.
  await using server = await startEmbedded(state, {}, AbortSignal.timeout(60_000));
  if (!server.isOurs) throw new Error(`${state} has a server already`);
  counter.enrol('target', Number(readFileSync(join(state, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]));
  const runs: ImportRun[] = [];
  for (const [run, from] of [
    ['first', files],
    ['again', files],
    ['a month later', later.files],
  ] as const) {
    const told = await importOnce(counter, state, from);
    const isRight = isAsMade(run, told.changes, shape, later.counts);
    runs.push({ run, ...told.cost, isRight });
    say(lineOf(runs.at(-1) as ImportRun, mailboxes / 2_100_000));
  }
  return runs;
}

function lineOf(
  { run, wallSeconds, godwitCpuSeconds, postgresCpuSeconds, peakRssBytes, isRight }: ImportRun,
  share: number,
): string {
  const within = wallSeconds <= secondsMax * Math.max(share, 0.1) && peakRssBytes <= rssMax;
  const verdict = isRight ? (within ? 'PASS' : 'short') : 'WRONG: the counts are not those that were made';
  return `${run}: ${wallSeconds.toFixed(1)} s, CPU ${godwitCpuSeconds.toFixed(1)} s of ours and ${postgresCpuSeconds.toFixed(1)} s of PostgreSQL, peak RSS ${(peakRssBytes / 1e6).toFixed(0)} MB: ${verdict}`;
}

/** Made once for each shape and kept, since that takes longer than looking at it. */
async function madeFiles(shape: EstateShape, say: (line: string) => void): Promise<EstateFiles> {
  const folder = join(scratch, `${shape.organisations}-${shape.mailboxes}-${shape.grants}-${shape.seed}`);
  const path = (kind: string) => join(folder, `${kind}.csv`);
  if (!existsSync(folder)) {
    say(`making ${shape.organisations} organisations, ${shape.mailboxes} mailboxes and ${shape.grants} grants`);
    const draft = `${folder}.draft`;
    mkdirSync(draft, { recursive: true });
    await writeEstate(new MadeEstate(shape), draft);
    await rename(draft, folder);
  }
  return { organisations: path('organisations'), mailboxes: path('mailboxes'), grants: path('grants') };
}

interface Counts {
  readonly joiners: number;
  readonly movers: number;
  readonly leavers: number;
}

/** The same people with other sizes; of every thousand one has left, one is in another organisation, and one is new. */
async function aMonthLater(files: EstateFiles): Promise<{ readonly files: EstateFiles; readonly counts: Counts }> {
  const counts = { joiners: 0, movers: 0, leavers: 0 };
  const path = files.mailboxes.replace(/\.csv$/, '-later.csv');
  async function* lines(): AsyncGenerator<string> {
    let number = -1;
    let organisation = '';
    for await (const line of createInterface(createReadStream(files.mailboxes))) {
      number++;
      const cells = line.split(',');
      const before = organisation;
      if (number > 0) {
        cells[3] = `${Number(cells[3]) + 1}`;
        organisation = cells[2] as string;
      }
      if (number % 1_000 === 1 && number > 1) {
        counts.leavers++;
        continue;
      }
      if (number % 1_000 === 2 && before !== organisation && number > 2) cells[2] = before;
      else if (number % 1_000 === 2) cells[1] = cells[1] === 'room' ? 'shared' : 'room';
      if (number % 1_000 === 2) counts.movers++;
      yield `${cells.join(',')}\n`;
      if (number % 1_000 !== 3) continue;
      counts.joiners++;
      // Without name and aliases: those are somebody's.
      yield `new.${cells.slice(0, 8).join(',')},,\n`;
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path));
  return { files: { ...files, mailboxes: path }, counts };
}

async function importOnce(
  counter: CpuCounter,
  state: string,
  files: EstateFiles,
): Promise<{ readonly cost: Omit<ImportRun, 'run' | 'isRight'>; readonly changes: Changes }> {
  const logFile = join(scratch, 'import.json');
  const given = Object.entries<string>({ ...files }).flatMap(([kind, file]) => [`--${kind}`, file]);
  // Told in words, as to a person; the numbers are the first lines of it.
  const argv = [launcher, 'estate', 'import', ...given, '--yes', '--state', state];
  const { cost, exits, complaint } = await measure(counter, [{ argv, env: {}, logFile }], timeoutMs);
  if (exits[0] !== 0) throw new Error(`the import ended with ${complaint}`);
  return {
    cost: {
      wallSeconds: cost.wallSeconds,
      godwitCpuSeconds: cost.clientCpu,
      postgresCpuSeconds: cost.targetCpu,
      peakRssBytes: cost.peakRssBytes,
    },
    changes: changesIn(readFileSync(logFile, 'utf8')),
  };
}

type Changes = readonly number[];

/** Joiners, movers, leavers, returners, resized and unchanged mailboxes; added, removed and unchanged grants. */
function changesIn(told: string): Changes {
  const numbers = (line: string | undefined) =>
    (line?.match(/[\d,]+/g) ?? []).map((text) => Number(text.replaceAll(',', '')));
  return [
    ...numbers(/^mailboxes.*$/m.exec(told)?.[0]),
    ...numbers(/^grants:.*$/m.exec(told)?.[0].replaceAll(', ', ' ')),
  ];
}

function isAsMade(run: ImportRun['run'], changes: Changes, shape: EstateShape, later: Counts): boolean {
  const { mailboxes } = shape;
  const [joiners, movers, leavers, returners, resized, unchanged, added = 0, , same = 0] = changes;
  const is = (...expected: readonly number[]) =>
    JSON.stringify([joiners, movers, leavers, returners, resized, unchanged]) === JSON.stringify(expected);
  if (run === 'first') return is(mailboxes, 0, 0, 0, 0, 0) && added === shape.grants;
  if (run === 'again') return is(0, 0, 0, 0, 0, mailboxes) && added === 0 && same === shape.grants;
  const rest = mailboxes - later.movers - later.leavers;
  return is(later.joiners, later.movers, later.leavers, 0, rest, 0) && added === 0;
}
