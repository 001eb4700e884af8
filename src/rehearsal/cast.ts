/**
 * Everybody in a rehearsal, in columns: what the rows of a database are to a programme. A stage changes by the table of
 * journeys only, and with every change the tally by wave, stage and mark changes too, so that how a wave stands is never
 * counted.
 */

import { after, type Mark, marks, type Stage, stages, type Step } from '#domain/journey.ts';
import { usualSize } from '#domain/usual-programme.ts';
import { stagesOnTheWay, type WaveCounts } from '#domain/wave.ts';
import type { RehearsalOrder } from './order.ts';
import type { Stand } from './outcome.ts';

/** Of `marks`, the bit of each. */
export const markBit = { left: 1, excluded: 2, blocked: 4, held: 8 } as const satisfies Record<Mark, number>;
const markSets = 16;
export const stageNumber = Object.fromEntries(stages.map((stage, i) => [stage, i])) as Readonly<Record<Stage, number>>;
const onTheWay: readonly number[] = stagesOnTheWay.map((stage) => stageNumber[stage]);

export const noWave = -1;

export const once = { blocked: 1, asked: 2, sentHome: 4 } as const;

export class Cast {
  /** Those who are there; joiners come behind the roster. */
  size: number;
  readonly most: number;
  readonly windows: number;

  readonly stage: Uint8Array;
  readonly marks: Uint8Array;
  readonly wave: Int32Array;
  /** Passes that failed in a row, and all that were begun. */
  readonly failures: Uint8Array;
  readonly passes: Uint16Array;
  /** What made the last pass fail: a number in `reasons` and one; 0 for none. */
  readonly hindrance: Uint8Array;
  /** What is left of the first copy, from 1 to 0. */
  readonly toCopy: Float32Array;
  readonly dueAt: Float64Array;
  /** When the work that is under way ends; 0 for none. */
  readonly endsAt: Float64Array;
  /** 1: it has a job in the queue, or stands among those who are about to. */
  readonly isAwaited: Uint8Array;
  /** What happens to nobody twice: bits of `once`. */
  readonly happened: Uint8Array;

  readonly kind: Uint8Array;
  readonly organisation: Int32Array;
  readonly sizeBytes: Float64Array;
  readonly items: Float64Array;
  readonly notBefore: Int32Array;
  readonly notAfter: Int32Array;

  readonly #tally: Int32Array;

  constructor({ roster, windows }: Pick<RehearsalOrder, 'roster' | 'windows'>, joiners: number) {
    this.size = roster.size;
    this.most = roster.size + joiners;
    this.windows = windows.length;
    const { most } = this;
    this.stage = new Uint8Array(most);
    this.marks = new Uint8Array(most);
    this.wave = new Int32Array(most).fill(noWave);
    this.failures = new Uint8Array(most);
    this.passes = new Uint16Array(most);
    this.hindrance = new Uint8Array(most);
    this.toCopy = new Float32Array(most).fill(1);
    this.dueAt = new Float64Array(most);
    this.endsAt = new Float64Array(most);
    this.isAwaited = new Uint8Array(most);
    this.happened = new Uint8Array(most);
    this.kind = longer(roster.kind, most, Uint8Array);
    this.organisation = longer(roster.organisation, most, Int32Array);
    this.sizeBytes = longer(known(roster.sizeBytes, usualSize.bytes), most, Float64Array);
    this.items = longer(known(roster.items, usualSize.items), most, Float64Array);
    this.notBefore = longer(roster.notBefore, most, Int32Array);
    this.notAfter = longer(roster.notAfter, most, Int32Array);
    this.#tally = new Int32Array((windows.length + 1) * stages.length * markSets);
    this.#tally[this.#cell(noWave, stageNumber.known, 0)] = roster.size;
  }

  /** A new mailbox; its other columns are written by whoever adds it. */
  join(): number {
    const mailbox = this.size++;
    this.#count(mailbox, 1);
    return mailbox;
  }

  /** Takes a step of the journey. Throws where there is none such from its stage: that would be a fault of the rehearsal. */
  step(mailbox: number, step: Step): void {
    const from = stages[this.stage[mailbox] as number] as Stage;
    const to = after(from, step);
    if (to === null) throw new Error(`mailbox ${mailbox} is ${from} and cannot ${step}`);
    this.#count(mailbox, -1);
    this.stage[mailbox] = stageNumber[to];
    // As the database has it: where one stands is new, and nothing has failed there.
    this.failures[mailbox] = 0;
    this.#count(mailbox, 1);
  }

  mark(mailbox: number, mark: Mark, isOn: boolean): void {
    this.#count(mailbox, -1);
    const marks = this.marks[mailbox] as number;
    this.marks[mailbox] = isOn ? marks | markBit[mark] : marks & ~markBit[mark];
    this.#count(mailbox, 1);
  }

  putInto(mailbox: number, wave: number): void {
    this.#count(mailbox, -1);
    this.wave[mailbox] = wave;
    this.#count(mailbox, 1);
  }

  /** True the first time. */
  isFirst(mailbox: number, what: keyof typeof once): boolean {
    const happened = this.happened[mailbox] as number;
    this.happened[mailbox] = happened | once[what];
    return (happened & once[what]) === 0;
  }

  hasHappened(mailbox: number, what: keyof typeof once): boolean {
    return ((this.happened[mailbox] as number) & once[what]) !== 0;
  }

  has(mailbox: number, mark: Mark): boolean {
    return ((this.marks[mailbox] as number) & markBit[mark]) !== 0;
  }

  isAt(mailbox: number, stage: Stage): boolean {
    return this.stage[mailbox] === stageNumber[stage];
  }

  /** How a wave stands; what failed in it is counted by whoever leads it. */
  countsOf(wave: number, failed: number): WaveCounts {
    let begun = 0;
    let way = 0;
    for (let stage = 0; stage < stages.length; stage++) {
      if (stage !== stageNumber.known && stage !== stageNumber.planned) begun += this.#sum(wave, stage);
      if (onTheWay.includes(stage)) way += this.#tally[this.#cell(wave, stage, 0)] as number;
    }
    return { begun, onTheWay: way, failed };
  }

  /** Without a mark, over all waves. */
  countAt(stage: Stage): number {
    let count = 0;
    for (let wave = noWave; wave < this.windows; wave++)
      count += this.#tally[this.#cell(wave, stageNumber[stage], 0)] as number;
    return count;
  }

  /** Where all are. */
  stand(at: number): Stand {
    const sums = { left: 0, excluded: 0, blocked: 0, held: 0 };
    const free = stages.map(() => 0);
    for (let wave = noWave; wave < this.windows; wave++)
      for (let stage = 0; stage < stages.length; stage++)
        for (let set = 0; set < markSets; set++) {
          const count = this.#tally[this.#cell(wave, stage, set)] as number;
          // Who has settled has arrived, whatever is said of them then; who left or was taken out counts as that before.
          const mark = isHome(stage) ? null : (gravestOf[set] as Mark | null);
          if (mark === null) free[stage] = (free[stage] as number) + count;
          else sums[mark] += count;
        }
    const of = (stage: Stage): number => free[stageNumber[stage]] as number;
    return {
      at,
      mailboxes: this.size,
      unplaced: of('known'),
      planned: of('planned'),
      copying: of('copying'),
      following: of('following'),
      switching: of('switching'),
      settled: of('settled'),
      returning: of('returning'),
      released: of('released'),
      ...sums,
    };
  }

  #sum(wave: number, stage: number): number {
    let sum = 0;
    for (let set = 0; set < markSets; set++) sum += this.#tally[this.#cell(wave, stage, set)] as number;
    return sum;
  }

  #count(mailbox: number, by: 1 | -1): void {
    const cell = this.#cell(this.wave[mailbox] as number, this.stage[mailbox] as number, this.marks[mailbox] as number);
    this.#tally[cell] = (this.#tally[cell] as number) + by;
  }

  #cell(wave: number, stage: number, set: number): number {
    return ((wave + 1) * stages.length + stage) * markSets + set;
  }
}

function isHome(stage: number): boolean {
  return stage === stageNumber.settled || stage === stageNumber.released;
}

const gravestOf: readonly (Mark | null)[] = Array.from(
  { length: markSets },
  (_, set) => marks.find((mark) => (set & markBit[mark]) !== 0) ?? null,
);

/** A size that nobody knows is taken as the mean of those that somebody does, or as is usual where nobody knows any. */
function known(column: Float64Array, assumed: number): Float64Array {
  if (!column.includes(0)) return column;
  let [sum, count] = [0, 0];
  for (const value of column) {
    sum += value;
    if (value > 0) count++;
  }
  const mean = count > 0 ? sum / count : assumed;
  return column.map((value) => (value > 0 ? value : mean));
}

type Column = Uint8Array | Int32Array | Float64Array;

/** The column itself where nobody joins. */
function longer<C extends Column>(column: C, most: number, Kind: new (length: number) => C): C {
  if (column.length === most) return column;
  const copy = new Kind(most);
  copy.set(column.subarray(0, most));
  return copy;
}
