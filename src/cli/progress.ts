/**
 * The progress display: one line for a single mailbox; for several, a line for all and one for each that is under way.
 * Engines tell it every message; it draws a few times a second, from numbers it has merely added up.
 */

import type { CopyWatcher } from '#operations/copy-mailbox.ts';
import type { MailboxReport } from '#domain/report.ts';
import type { Screen } from './screen.ts';
import { bytes, count, counted, duration, shown } from './shown.ts';

/** How often the picture is renewed: fast enough to look alive, slow enough to cost nothing. */
const redrawMs = 200;
/** The rate is what came in about the last ten seconds. */
const rateWindowMs = 10_000;

interface Tally {
  readonly name: string;
  readonly begunMs: number;
  messages: number;
  bytes: number;
  plannedMessages: number | null;
  plannedBytes: number | null;
  folder: string;
  following: boolean;
}

export class Progress implements Disposable {
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #mailboxes: number;
  readonly #active = new Set<Tally>();
  readonly #rate: Rate;
  readonly #startedMs: number;
  #done = 0;
  #doneMessages = 0;
  #doneBytes = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(screen: Screen, mailboxes: number, now: () => number) {
    this.#screen = screen;
    this.#mailboxes = mailboxes;
    this.#now = now;
    this.#startedMs = now();
    this.#rate = new Rate(this.#startedMs);
    if (!screen.moves) return;
    this.#timer = setInterval(() => this.draw(), redrawMs);
    this.#timer.unref();
  }

  /** A mailbox begins. Its watcher is what the engine is given; `ended` is called when its report is there. */
  begin(name: string): { readonly watcher: CopyWatcher; readonly ended: () => void } {
    const tally: Tally = {
      name,
      begunMs: this.#now(),
      messages: 0,
      bytes: 0,
      plannedMessages: null,
      plannedBytes: null,
      folder: '',
      following: false,
    };
    this.#active.add(tally);
    const watcher: CopyWatcher = {
      planned: (messages, size) => {
        tally.plannedMessages = messages;
        tally.plannedBytes = size;
        tally.following = false;
      },
      progress: (messages, size) => {
        tally.messages += messages;
        tally.bytes += size;
      },
      folder: (path) => {
        tally.folder = path;
      },
      caughtUp: (_report: MailboxReport) => {
        tally.following = true;
      },
    };
    const ended = () => {
      if (!this.#active.delete(tally)) return;
      this.#done += 1;
      this.#doneMessages += tally.messages;
      this.#doneBytes += tally.bytes;
    };
    return { watcher, ended };
  }

  draw(): void {
    this.#screen.draw(this.lines());
  }

  /** The picture as it is now. */
  lines(): readonly string[] {
    const active = [...this.#active];
    const total = active.reduce((sum, tally) => sum + tally.bytes, this.#doneBytes);
    const perSecond = this.#rate.at(this.#now(), total);
    if (this.#mailboxes === 1) return active.map((tally) => this.#single(tally, perSecond));
    const messages = active.reduce((sum, tally) => sum + tally.messages, this.#doneMessages);
    const fields = [
      `${count(this.#done)} of ${counted(this.#mailboxes, 'mailbox', 'mailboxes')}`,
      counted(messages, 'message'),
      bytes(total),
      `${bytes(perSecond)}/s`,
      `${duration(this.#now() - this.#startedMs)} so far`,
    ];
    const lines = active.map((tally) => `  ${shown(tally.name)}: ${this.#fields(tally, null).join(' · ')}`);
    return [fields.join(' · '), ...lines];
  }

  #single(tally: Tally, perSecond: number): string {
    return this.#fields(tally, perSecond).join(' · ');
  }

  /** What is known of one mailbox; `perSecond` where the rate is its own. */
  #fields(tally: Tally, perSecond: number | null): readonly string[] {
    if (tally.following) {
      return [`${counted(tally.messages, 'message')} carried`, bytes(tally.bytes), 'up to date, waiting for changes'];
    }
    if (tally.plannedMessages === null) return ['looking at both sides'];
    const left = timeLeft(tally, perSecond, this.#now() - tally.begunMs);
    return [
      `${count(tally.messages)} of ${counted(tally.plannedMessages, 'message')}`,
      tally.plannedBytes === null ? bytes(tally.bytes) : `${bytes(tally.bytes)} of ${bytes(tally.plannedBytes)}`,
      tally.plannedMessages > 0 ? `${Math.min(100, Math.floor(shareDone(tally) * 100))} %` : '',
      perSecond === null || tally.bytes === 0 ? '' : `${bytes(perSecond)}/s`,
      left === null ? '' : `${duration(left)} left`,
      shown(tally.folder, 60),
    ].filter((field) => field !== '');
  }

  [Symbol.dispose](): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#screen.clear();
  }
}

function shareDone(tally: Tally): number {
  if (tally.plannedBytes) return tally.bytes / tally.plannedBytes;
  return tally.messages / Math.max(1, tally.plannedMessages ?? 0);
}

/** Milliseconds until the end: by the rate where bytes are known, else as it went so far; null without anything to go by. */
function timeLeft(tally: Tally, perSecond: number | null, elapsedMs: number): number | null {
  if (tally.plannedBytes !== null && perSecond !== null && perSecond > 0) {
    return (Math.max(0, tally.plannedBytes - tally.bytes) / perSecond) * 1000;
  }
  const share = Math.min(1, shareDone(tally));
  return share > 0 ? (elapsedMs / share) * (1 - share) : null;
}

/** Octets per second over a sliding window of samples. */
class Rate {
  readonly #samples: { readonly atMs: number; readonly total: number }[];

  constructor(startMs: number) {
    this.#samples = [{ atMs: startMs, total: 0 }];
  }

  at(nowMs: number, total: number): number {
    const samples = this.#samples;
    if ((samples.at(-1) as { atMs: number }).atMs < nowMs) samples.push({ atMs: nowMs, total });
    while (samples.length > 2 && (samples[1] as { atMs: number }).atMs < nowMs - rateWindowMs) samples.shift();
    const first = samples[0] as { atMs: number; total: number };
    const span = nowMs - first.atMs;
    return span > 0 ? ((total - first.total) / span) * 1000 : 0;
  }
}
