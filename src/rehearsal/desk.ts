/**
 * The releaser's desk: who is due, narrowed down as the database does it (`store/due.ts`), and the real `choose` over that. What
 * is due later lies in the agenda, and what only follows never comes here: that is reckoned as a whole.
 */

import { type Stage, stages } from '#domain/journey.ts';
import { type Candidate, candidatesMax, type Choice, choose, waitingMax } from '#domain/release.ts';
import type { Cast } from './cast.ts';
import { Jobs } from './jobs.ts';
import type { Waves } from './waves.ts';

/** Jobs nobody waits for are looked for when fewer than this are left: the order among them changes little. */
const lowWater = waitingMax / 4;

const awaited = { no: 0, here: 1, queued: 2 } as const;

/** Who switches in a window, the smallest lag first. */
interface OpenWindow {
  readonly order: Int32Array;
  next: number;
}

export class Desk {
  readonly jobs = new Jobs();
  readonly #cast: Cast;
  readonly #waves: Waves;
  readonly #lag: Float32Array;
  /** Between the two sides: switches that were begun, and ways home. */
  #begun: number[] = [];
  readonly #open = new Map<number, OpenWindow>();
  /** Who became ready while their window was open. */
  #lateReady: number[] = [];
  /** Whose first copy broke off, and who came into a wave that had been begun already. */
  #ordinaryDue: number[] = [];
  #ordinary: Candidate[] = [];
  /** Waves whose copying has begun, in the order of their windows, and how far each has been gone through. */
  #started: number[] = [];
  readonly #cursor: Int32Array;
  #mayHaveOrdinary = false;

  constructor(cast: Cast, waves: Waves, lag: Float32Array) {
    this.#cast = cast;
    this.#waves = waves;
    this.#lag = lag;
    this.#cursor = new Int32Array(cast.windows);
  }

  /** Whether a look would find somebody. */
  get isHungry(): boolean {
    const { waiting, urgent } = this.jobs;
    if (waiting >= waitingMax) return false;
    if (this.#begun.length > 0) return true;
    if (urgent < lowWater && (this.#lateReady.length > 0 || this.#open.size > 0)) return true;
    return this.#mayHaveOrdinary && waiting < lowWater;
  }

  /** How long the first of those has waited whom nobody waits for; 0 where none does. */
  waitedMs(now: number): number {
    let first = now;
    for (const { dueAt } of this.#ordinary) first = Math.min(first, dueAt);
    return now - first;
  }

  start(wave: number): void {
    this.#started = [...this.#started, wave].toSorted((a, b) => a - b);
    this.#mayHaveOrdinary = true;
  }

  /** Who was passed over while it was paused has their turn now. */
  resume(wave: number): void {
    this.#cursor[wave] = 0;
    this.#mayHaveOrdinary = true;
  }

  /** Nobody of it is begun any more: everybody has moved on. */
  end(wave: number): void {
    this.#started = this.#started.filter((each) => each !== wave);
    const open = this.#open.get(wave);
    this.#open.delete(wave);
    for (const mailbox of open?.order.subarray(open.next) ?? []) this.#cast.isAwaited[mailbox] = awaited.no;
  }

  /** Its window is open: who is ready waits in the order of their lags. */
  open(wave: number, ready: readonly number[]): void {
    const order = Int32Array.from(ready).sort((a, b) => {
      const [lagOfA, lagOfB] = [this.#lag[a] as number, this.#lag[b] as number];
      return lagOfA - lagOfB || a - b;
    });
    for (const mailbox of order) this.#cast.isAwaited[mailbox] = awaited.here;
    if (order.length > 0) this.#open.set(wave, { order, next: 0 });
  }

  /** It can be worked on from now on, if its wave lets it. */
  due(mailbox: number, now: number): void {
    const { isAwaited, marks, wave } = this.#cast;
    if (isAwaited[mailbox] !== awaited.no || marks[mailbox] !== 0) return;
    switch (stages[this.#cast.stage[mailbox] as number] as Stage) {
      case 'switching':
      case 'returning':
        this.#begun.push(mailbox);
        break;
      case 'following':
        // Else it goes on following.
        if (!this.#waves.isOpen(wave[mailbox] as number, now)) return;
        this.#lateReady.push(mailbox);
        break;
      case 'planned':
      case 'copying':
        // Else they are found when it is started, or resumed.
        if (!this.#mayBeCopied(mailbox)) return;
        this.#ordinaryDue.push(mailbox);
        this.#mayHaveOrdinary = true;
        break;
      case 'known':
      case 'settled':
      case 'released':
        return;
    }
    isAwaited[mailbox] = awaited.here;
  }

  /** One look: what is due goes to the jobs, as far as there is room. */
  look(now: number): void {
    const room = waitingMax - this.jobs.waiting;
    const begun = this.#takeBegun(now, room);
    const urgent = [...begun, ...this.#takeReady(now, room - begun.length)];
    // What people wait for comes first in any case, so that who is behind that need not be looked at.
    const ordinary = urgent.length < room && this.jobs.waiting < lowWater ? this.#fillOrdinary(now) : [];
    const candidates = ordinary.length === 0 ? urgent : [...urgent, ...ordinary];
    for (const choice of choose(candidates, this.#waves.now, now, room)) {
      this.jobs.add(choice);
      this.#cast.isAwaited[choice.mailbox] = awaited.queued;
    }
    for (const { mailbox } of urgent) {
      if (this.#cast.isAwaited[mailbox] !== awaited.here) continue;
      this.#cast.isAwaited[mailbox] = awaited.no;
      this.due(mailbox, now);
    }
    this.#ordinary = ordinary.length === 0 ? this.#ordinary : this.#ordinary.filter((each) => this.#isHere(each));
  }

  /** Takes the first job, which is begun or has become void. */
  takeFirst(): Choice | null {
    const { first } = this.jobs;
    if (first === null) return null;
    this.jobs.shift();
    this.#cast.isAwaited[first.mailbox] = awaited.no;
    return first;
  }

  #takeBegun(now: number, room: number): readonly Candidate[] {
    const taken = this.#begun.slice(0, room);
    this.#begun = this.#begun.slice(taken.length);
    return taken.flatMap((mailbox) => this.#candidate(mailbox, now, isBegun));
  }

  /** As many as could be chosen; those behind them would not be. */
  #takeReady(now: number, room: number): readonly Candidate[] {
    const taken: Candidate[] = [];
    let seen = 0;
    for (; seen < this.#lateReady.length && taken.length < room; seen++)
      taken.push(...this.#candidate(this.#lateReady[seen] as number, now, isFollowing));
    this.#lateReady = this.#lateReady.slice(seen);
    for (const [wave, open] of this.#open) {
      for (; taken.length < room && open.next < open.order.length; open.next++)
        taken.push(...this.#candidate(open.order[open.next] as number, now, isFollowing));
      if (open.next >= open.order.length) this.#open.delete(wave);
    }
    return taken;
  }

  #fillOrdinary(now: number): readonly Candidate[] {
    const pool = this.#ordinary.filter(({ mailbox, stage, wave }) => {
      const isSame = this.#cast.isAt(mailbox, stage) && this.#cast.wave[mailbox] === wave;
      if (isSame && this.#mayBeCopied(mailbox)) return true;
      this.#cast.isAwaited[mailbox] = awaited.no;
      this.due(mailbox, now);
      return false;
    });
    const due = this.#ordinaryDue;
    let taken = 0;
    for (; taken < due.length && pool.length < candidatesMax; taken++)
      pool.push(...this.#candidate(due[taken] as number, now, isOrdinary));
    this.#ordinaryDue = due.slice(taken);
    for (const wave of this.#started) this.#goThrough(wave, pool, now);
    this.#ordinary = pool;
    if (pool.length === 0 && this.#ordinaryDue.length === 0) this.#mayHaveOrdinary = false;
    return pool;
  }

  #goThrough(wave: number, pool: Candidate[], now: number): void {
    if (this.#waves.of(wave).state !== 'running') return;
    const members = this.#waves.members(wave);
    const { isAwaited, stage, endsAt } = this.#cast;
    let next = this.#cursor[wave] as number;
    for (; next < members.length && pool.length < candidatesMax; next++) {
      const mailbox = members[next] as number;
      if (isAwaited[mailbox] !== awaited.no || this.#cast.wave[mailbox] !== wave || endsAt[mailbox] !== 0) continue;
      if (!isOrdinary(stages[stage[mailbox] as number] as Stage) || !this.#mayBeCopied(mailbox)) continue;
      isAwaited[mailbox] = awaited.here;
      pool.push(...this.#candidate(mailbox, now, isOrdinary));
    }
    this.#cursor[wave] = next;
  }

  /** As `workFor` has it: a wave that is paused begins nothing, and goes on with what was begun. */
  #mayBeCopied(mailbox: number): boolean {
    const wave = this.#cast.wave[mailbox] as number;
    if (this.#cast.marks[mailbox] !== 0 || wave < 0) return false;
    const { state } = this.#waves.of(wave);
    return state === 'running' || (state === 'paused' && this.#cast.isAt(mailbox, 'copying'));
  }

  #isHere({ mailbox }: Candidate): boolean {
    return this.#cast.isAwaited[mailbox] === awaited.here;
  }

  /** One, or none where something has changed since it was put here. */
  #candidate(mailbox: number, now: number, isMeant: (stage: Stage) => boolean): readonly Candidate[] {
    const cast = this.#cast;
    const stage = stages[cast.stage[mailbox] as number] as Stage;
    const wave = cast.wave[mailbox] as number;
    const mayMove = this.#waves.allows(wave, mailbox);
    const mayBegin = stage !== 'following' || (mayMove && this.#waves.isOpen(wave, now));
    if (!isMeant(stage) || !mayBegin || cast.marks[mailbox] !== 0 || (cast.dueAt[mailbox] as number) > now) {
      cast.isAwaited[mailbox] = awaited.no;
      // What became of it belongs elsewhere now.
      if (!isMeant(stage)) this.due(mailbox, now);
      return [];
    }
    return [
      {
        mailbox,
        organisation: cast.organisation[mailbox] as number,
        stage,
        wave: wave < 0 ? null : wave,
        dueAt: cast.dueAt[mailbox] as number,
        mayMove,
        lagMs: stage === 'following' ? (this.#lag[mailbox] as number) : null,
      },
    ];
  }
}

function isBegun(stage: Stage): boolean {
  return stage === 'switching' || stage === 'returning';
}

function isFollowing(stage: Stage): boolean {
  return stage === 'following';
}

function isOrdinary(stage: Stage): boolean {
  return stage === 'planned' || stage === 'copying';
}
