/** Answers about plans. */

import { Fault } from '#domain/fault.ts';
import type { PlanWatcher } from '#operations/apply-plan.ts';
import { runsUsual } from '#operations/rehearse.ts';
import { type Answerers, refused } from './answer.ts';
import type { plansContract } from './contract-plans.ts';
import type { AnswerOf } from './operation.ts';
import type { PlanListener, RehearsalListener } from './planning.ts';
import { type Wire, wire } from './shapes/shape.ts';
import { toldLines } from './told-lines.ts';

export const plansAnswers: Answerers<typeof plansContract> = {
  'make-plan': async ({ estate, who, body, signal }) => {
    const {
      calendar,
      wishes = null,
      earlier = null,
      explain = [],
      seed = 1,
      effortSeconds = null,
      files = true,
    } = body;
    const asked = { calendar, wishes, earlier, explain, seed, effortSeconds, files };
    return toldLines<Line<'make-plan'>>(async (teller, stop) => {
      const listener: PlanListener = {
        isAt: (progress) => teller.isAt({ progress }),
        tell: (part) => teller.tell([part]),
      };
      return [{ report: wire(await tellingPlaces(estate.plans.make(asked, who, listener, stop))) }];
    }, signal);
  },
  'apply-plan': async ({ estate, desk, who, body, signal }) => {
    const { plan, calendar, dryRun = false, errorBudget = desk.errorBudget, why = null } = body;
    const asked = { plan, calendar, dryRun, errorBudget, why };
    return toldLines<Line<'apply-plan'>>(async (teller, stop) => {
      const watcher: PlanWatcher = { begins: (begins) => teller.isAt({ begins }) };
      const applied = await tellingPlaces(estate.plans.apply(asked, who, watcher, stop));
      if (applied.found.refused === null) return [{ applied: wire(applied) }];
      const outcome = { kind: 'estate-moved', applied };
      throw refused(
        `The plan ${plan.name} was made for another estate than this is now. Nothing was changed.`,
        outcome,
      );
    }, signal);
  },
  'rehearse-plan': async ({ estate, who, body, signal }) => {
    const {
      plan,
      calendar,
      weather = null,
      rates = null,
      seed = 1,
      runs = runsUsual,
      speed = null,
      habits = {},
    } = body;
    const asked = { plan, calendar, weather, rates, seed, runs, speed, habits };
    return toldLines<Line<'rehearse-plan'>>(async (teller, stop) => {
      const listener: RehearsalListener = {
        reads: (reads) => teller.isAt({ reads }),
        // Told once, so it must not be passed over.
        clocks: (clocks) => void teller.tell([{ clocks }]),
        stands: (stands) => teller.isAt({ stands }),
      };
      return [{ rehearsal: wire(await tellingPlaces(estate.plans.rehearse(asked, who, listener, stop))) }];
    }, signal);
  },
};

type Line<Name extends keyof typeof plansContract> = Wire<AnswerOf<(typeof plansContract)[Name]>>;

/** Whoever has made one mistake a million times is told of so many. */
const toldMost = 1_000;

/** What is wrong in a file that was sent is told line by line, as an outcome of what was refused. */
async function tellingPlaces<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof Fault) || (error.code !== 'plan.file.wrong' && error.code !== 'plan.wishes-wrong'))
      throw error;
    const { file, problems, findings = problems } = error.about as WrongFile;
    const all = typeof problems === 'number' ? problems : problems.length;
    const first = (findings as readonly Finding[]).slice(0, toldMost);
    const outcome = { kind: 'file-wrong', code: error.code, file, problems: all, findings: first };
    throw refused(error.message, outcome);
  }
}

interface Finding {
  readonly line: number | null;
  readonly column: number | null;
  readonly problem: string;
}
interface WrongFile {
  readonly file: string;
  readonly problems: number | readonly Finding[];
  readonly findings?: readonly Finding[];
}
