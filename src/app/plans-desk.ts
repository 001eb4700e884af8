/**
 * Planning for whoever asks the server: each piece of work is a process of its own, one at a time, and ends when nobody waits for it any
 * more. What it reads and writes lies in a folder of its own beside the state of the server for as long.
 */

import { createReadStream } from 'node:fs';
import { notThere } from '#api/answer.ts';
import type { NamedFile, PlansDesk } from '#api/planning.ts';
import type { Bounded } from '#api/shapes/plan.ts';
import type { RehearsalTold } from '#api/shapes/rehearsal.ts';
import { fault } from '#domain/fault.ts';
import type { Log } from '#lib/log.ts';
import type { PlanApplied } from '#operations/apply-plan.ts';
import type { SettingsToRehearse } from '#operations/rehearsal-terms.ts';
import type { SentFiles } from '#ports/sent-files.ts';
import type { JobPlace, PlanningJob, Telling } from './planning-job.ts';
import type { Made } from './planning-work.ts';
import { Scratch } from './planning-scratch.ts';
import { answerOf } from './planning-child.ts';

export interface PlansDeskParts extends JobPlace {
  readonly files: Pick<SentFiles, 'find' | 'forget'>;
  /** Of the process that plans; lacking: as ours. */
  readonly environment?: NodeJS.ProcessEnv;
  /** By which it is rehearsed. */
  readonly settings: SettingsToRehearse;
  readonly log: Log;
}

/** So much of a file of a plan goes into a line. */
const pieceOctets = 64 * 1_024;

export function openPlansDesk(parts: PlansDeskParts): PlansDesk {
  const { database, stateDir } = parts;
  const place = { database, stateDir };
  const desk = new Desk(parts);
  return {
    async make(order, who, listener, signal) {
      await using work = await desk.begin(who);
      const { calendar, wishes, earlier, files, ...rest } = order;
      const given = {
        calendar: await work.take('calendar.yaml', calendar),
        wishes: wishes && (await work.take('wishes.csv', wishes)),
        earlier: earlier && (await work.take('earlier.csv', earlier)),
      };
      const out = files ? work.scratch.path('plan.csv') : null;
      const hears = (word: Telling) => {
        if (word.kind === 'progress') listener.isAt(word.progress);
      };
      const made = (await work.answer({ kind: 'make', ...place, ...given, ...rest, out }, hears, signal)) as Made;
      for (const { file, path } of made.files)
        for await (const text of createReadStream(path, { encoding: 'utf8', highWaterMark: pieceOctets, signal }))
          await listener.tell({ file, text: text as string });
      return made.report;
    },
    async apply(order, who, watcher, signal) {
      await using work = await desk.begin(who);
      const { plan, calendar, ...rest } = order;
      const given = {
        plan: await work.take('plan-to-apply.csv', plan),
        called: plan.name,
        calendar: await work.take('calendar.yaml', calendar),
      };
      const hears = (word: Telling) => {
        if (word.kind === 'begins') watcher.begins(word.step);
      };
      const applied = await work.answer({ kind: 'apply', ...place, ...given, ...rest, who }, hears, signal);
      // It was applied, whatever becomes of its file: what is not forgotten now is in a day.
      if (!order.dryRun) await parts.files.forget(who, plan.file).catch(() => undefined);
      return applied as PlanApplied;
    },
    async rehearse(order, who, listener, signal) {
      await using work = await desk.begin(who);
      const { plan, calendar, weather, rates, ...rest } = order;
      const given = {
        plan: await work.take('plan.csv', plan),
        calendar: await work.take('calendar.yaml', calendar),
        weather: weather && (await work.take('weather.yaml', weather)),
        rates: rates && (await work.take('rates.json', rates)),
      };
      const hears = (word: Telling) => {
        if (word.kind === 'reads') listener.reads(word.what);
        else if (word.kind === 'clocks') listener.clocks(word.timezone);
        else if (word.kind === 'stands') listener.stands(word.stands);
      };
      const job = { kind: 'rehearse', ...place, ...given, ...rest, settings: parts.settings } as const;
      return (await work.answer(job, hears, signal)) as Bounded<RehearsalTold>;
    },
  };
}

class Desk {
  readonly #parts: PlansDeskParts;
  #isTaken = false;

  constructor(parts: PlansDeskParts) {
    this.#parts = parts;
  }

  /** Throws `api.planning.under-way`. */
  async begin(who: string): Promise<Work> {
    if (this.#isTaken) throw fault('api.planning.under-way', {});
    this.#isTaken = true;
    const done = () => {
      this.#isTaken = false;
    };
    try {
      return new Work(this.#parts, who, await Scratch.make(this.#parts.stateDir), done);
    } catch (error) {
      done();
      throw error;
    }
  }
}

/** Of one that asked. */
class Work implements AsyncDisposable {
  readonly scratch: Scratch;
  readonly #parts: PlansDeskParts;
  readonly #who: string;
  readonly #done: () => void;

  constructor(parts: PlansDeskParts, who: string, scratch: Scratch, done: () => void) {
    [this.#parts, this.#who, this.scratch, this.#done] = [parts, who, scratch, done];
  }

  /** Writes what was sent to where the process finds it. Throws `api.not-there`, `api.file.gone`. */
  async take(as: string, { file, name }: NamedFile): Promise<string> {
    const found = await this.#parts.files.find(this.#who, file);
    if (found === null) throw notThere('file', file);
    return this.scratch.write(as, name, found.from(0));
  }

  answer(job: PlanningJob, hears: (word: Telling) => void, signal: AbortSignal): Promise<unknown> {
    return answerOf(job, { ...this.#parts, hears, named: (json) => this.scratch.named(json) }, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.scratch[Symbol.asyncDispose]();
    } finally {
      this.#done();
    }
  }
}
