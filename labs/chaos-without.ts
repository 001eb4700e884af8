/**
 * Whether the labs notice when what keeps the promises is taken out: in a copy of the tree, in which those lines are others,
 * the same lab has to fail. Nothing in the programme itself can be switched off.
 */

import { spawn } from 'node:child_process';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeScratch, removeScratch } from './server.ts';

interface Mutation {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

interface Show {
  readonly mutations: readonly Mutation[];
  /** A lab that passes as the tree stands, run by Node in the copy. */
  readonly lab: readonly string[];
  /** How it ends when it has found what it is there to find. */
  readonly fails: number;
}

/** The exit code of `chaos.ts` where something was lost, is there twice, or is not as Godwit says. */
export const exitUntrue = 3;

export const withouts = ['intent', 'fencing', 'adoption'] as const;
export type Without = (typeof withouts)[number];

const shows: Readonly<Record<Without, Show>> = {
  intent: {
    mutations: [
      {
        file: 'src/sync/open-jobs.ts',
        from: "ledger.write(jobs.map(({ intent }) => ({ kind: 'intent', intent })))",
        to: 'ledger.write([])',
      },
    ],
    lab: ['labs/chaos.ts', '--seed', '2', '--kills', '30', '--mailboxes', '100'],
    fails: exitUntrue,
  },
  fencing: {
    mutations: [
      {
        file: 'src/app/imap-options.ts',
        from: 'mayComplete: () => way.msLeft() > completeMarginMs',
        to: 'mayComplete: () => completeMarginMs > 0',
      },
      {
        file: 'src/worker/worker.ts',
        from: 'AbortSignal.any([lost.signal, this.#parts.lease.lapsed, this.#tooLong.signal])',
        to: 'AbortSignal.any([lost.signal, this.#tooLong.signal])',
      },
    ],
    lab: ['node_modules/vitest/vitest.mjs', 'run', 'labs/fencing.test.ts'],
    fails: 1,
  },
  adoption: {
    mutations: [
      { file: 'src/sync/recover.ts', from: '{ found, doubtful }: Sighting,', to: '{ doubtful }: Sighting,' },
      {
        file: 'src/sync/recover.ts',
        from: '  const inDoubt = doubtful.filter(',
        to: "  const found: Sighting['found'] = [];\n  const inDoubt = doubtful.filter(",
      },
      {
        file: 'src/sync/decide.ts',
        from: 'const mayBeThere = isFirst || (plan.rows.length > 0 && mayHoldStrangers(engine, work, sharing));',
        to: 'const mayBeThere = renumbering !== null && (isFirst || mayHoldStrangers(engine, work, sharing));',
      },
    ],
    lab: ['labs/chaos.ts', '--seed', '2', '--kills', '6', '--mailboxes', '20'],
    fails: exitUntrue,
  },
};

/** Runs it; true when the lab found something, as it has to. */
export async function runWithout(what: Without): Promise<boolean> {
  const { mutations, lab, fails } = shows[what];
  const home = join(import.meta.dirname, '..');
  const scratch = await makeScratch('without');
  try {
    const tree = join(scratch, 'godwit');
    await cp(home, tree, { recursive: true, preserveTimestamps: true, filter: (path) => !leftOut.has(basename(path)) });
    await symlink(join(home, 'node_modules'), join(tree, 'node_modules'));
    for (const mutation of mutations) await mutate(tree, mutation);
    return (await ran(tree, lab)) === fails;
  } finally {
    await removeScratch(scratch);
  }
}

const leftOut: ReadonlySet<string> = new Set(['node_modules', 'dist', '.git']);

async function mutate(tree: string, mutation: Mutation): Promise<void> {
  await writeFile(join(tree, mutation.file), await mutated(tree, mutation));
}

async function mutated(tree: string, { file, from, to }: Mutation): Promise<string> {
  const text = await readFile(join(tree, file), 'utf8');
  // A mutation that changes nothing would show nothing.
  if (text.split(from).length !== 2) throw new Error(`${file} does not hold just once: ${from}`);
  return text.replace(from, () => to);
}

/** Throws where something is to be taken out that does not stand there any more. */
export async function areApplicable(what: Without): Promise<void> {
  for (const mutation of shows[what].mutations) await mutated(join(import.meta.dirname, '..'), mutation);
}

function ran(tree: string, lab: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, lab, { cwd: tree, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
