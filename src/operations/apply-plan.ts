/**
 * `plan apply`: what a plan says of an estate becomes its waves. First the plan is read and held against the estate as it stands;
 * then, unless it is only tried or the estate has moved, all of it happens at once. Applied again it changes nothing.
 */

import { createHash } from 'node:crypto';
import type { Calendar } from '#domain/calendar.ts';
import type { UnusableWindow } from '#domain/calendar-windows.ts';
import type { StandingWave } from '#domain/plan-standing.ts';
import {
  goesOut,
  type PlanAgainstEstate,
  planAgainstEstate,
  stays,
  type WaveToBe,
} from '#planning/plan-against-estate.ts';
import type { Going, OpenPlanKeeping } from '#ports/plan-keeping.ts';
import { readPlan } from './plan-file-read.ts';
import { type EstateRoster, rosterOfEstate } from './roster-of-estate.ts';

export interface PlanOrder {
  /** The path of the plan. */
  readonly file: string;
  /** What it is called in what is told and recorded, where that is not its path. */
  readonly called?: string;
  readonly calendar: Calendar;
  readonly dryRun: boolean;
  /** The error budget of waves that are made. */
  readonly errorBudget: number;
  /** Who asks and why, for the audit log; without a reason it is the name of the file. */
  readonly who: string;
  readonly why: string | null;
  readonly openKeeping: OpenPlanKeeping;
  readonly watcher: PlanWatcher;
}

export const applySteps = ['estate', 'file', 'comparing', 'applying'] as const;

export interface PlanWatcher {
  /** What takes its time next. */
  begins(step: (typeof applySteps)[number]): void;
}

export interface PlanApplied {
  readonly file: string;
  readonly dryRun: boolean;
  readonly rows: number;
  readonly sha256: string;
  readonly found: Pick<PlanAgainstEstate, 'refused' | 'leftAlone' | 'waves' | 'changes'>;
  /** Waves that lose the last of their mailboxes, by name. */
  readonly emptied: readonly string[];
  readonly unusable: readonly UnusableWindow[];
  /** Whether anything is another than before. */
  readonly changed: boolean;
}

/**
 * Applies it, or tries to. Throws `plan.file.unreadable`, `plan.file.wrong`, `plan.apply.under-way`, `plan.estate-moved`,
 * `database.*`, `interrupted`; then nothing has changed.
 */
export async function applyPlan(order: PlanOrder, signal: AbortSignal): Promise<PlanApplied> {
  const { calendar, dryRun, watcher, called: file = order.file } = order;
  await using keeping = await order.openKeeping({ dryRun }, signal);
  watcher.begins('estate');
  const estate = await rosterOfEstate(keeping.estate, calendar, signal, { grants: false });
  watcher.begins('file');
  // Of the octets that are read, whatever becomes of the file meanwhile: for whoever has to prove what was applied.
  const hash = createHash('sha256');
  const plan = await readPlan(order.file, estate.roster, signal, (chunk) => hash.update(chunk));
  const sha256 = hash.digest('hex');
  const { rows } = plan;
  watcher.begins('comparing');
  const { goesTo, emptied, ...found } = planAgainstEstate(estate, plan);
  const changed = found.refused === null && !dryRun && isChange(found);
  if (changed) {
    watcher.begins('applying');
    const { waves } = found;
    await keeping.keep(
      {
        create: created(waves).map(({ name, window, isPilot }) => ({
          name,
          window,
          isPilot,
          errorBudget: order.errorBudget,
        })),
        reschedule: waves.flatMap(({ there, isRescheduled, window }) =>
          isRescheduled && there !== null ? [{ wave: waveIn(estate, there).id, window }] : [],
        ),
        expects: touched(estate, waves, goesTo, emptied),
        remove: emptied.map((number) => waveIn(estate, number).id),
        goings: () => goings(estate, waves, goesTo),
      },
      {
        who: order.who,
        why: order.why ?? `plan ${file}`,
        about: { file, rows, sha256, ...found.changes, waves: waves.length, leftAlone: found.leftAlone.count },
      },
    );
  }
  // Of whoever has been in the window that they asked for since before they asked.
  if (!changed && !dryRun && found.refused === null)
    await keeping.heed({ who: order.who, why: order.why ?? `plan ${file}` });
  const names = emptied.map((number) => waveIn(estate, number).name);
  return { file, dryRun, rows, sha256, found, emptied: names, unusable: estate.unusable, changed };
}

function isChange({ changes, waves }: Pick<PlanAgainstEstate, 'changes' | 'waves'>): boolean {
  const { planned, moved, takenOut } = changes;
  return planned + moved + takenOut > 0 || waves.some(({ isRescheduled }) => isRescheduled);
}

function created(waves: readonly WaveToBe[]): readonly WaveToBe[] {
  return waves.filter(({ there }) => there === null);
}

function waveIn({ waves }: EstateRoster, number: number): StandingWave {
  return waves[number] as StandingWave;
}

/** The waves that somebody comes into or goes out of, or that change: the others may become what they like meanwhile. */
function touched(
  estate: EstateRoster,
  waves: readonly WaveToBe[],
  goesTo: Int32Array,
  emptied: readonly number[],
): readonly StandingWave[] {
  const numbers = new Set(emptied);
  for (const { there, isRescheduled } of waves) if (there !== null && isRescheduled) numbers.add(there);
  for (let m = 0; m < estate.roster.size; m++) {
    const to = goesTo[m] as number;
    if (to === stays) continue;
    for (const wave of [estate.wave[m] as number, to === goesOut ? -1 : (waves[to]?.there ?? -1)])
      if (wave >= 0) numbers.add(wave);
  }
  return [...numbers].toSorted((a, b) => a - b).map((number) => waveIn(estate, number));
}

/** Everybody who goes elsewhere, one object for all of them. */
function* goings(estate: EstateRoster, waves: readonly WaveToBe[], goesTo: Int32Array): Generator<Going> {
  const made = created(waves);
  const targets = waves.map((wave): Going['to'] =>
    wave.there === null ? { created: made.indexOf(wave) } : { wave: waveIn(estate, wave.there).id },
  );
  for (let m = 0; m < estate.roster.size; m++) {
    const to = goesTo[m] as number;
    if (to === stays) continue;
    const its = estate.wave[m] as number;
    const from = its < 0 ? null : waveIn(estate, its).id;
    yield { mailbox: estate.ids[m] as number, from, to: to === goesOut ? null : (targets[to] ?? null) };
  }
}
