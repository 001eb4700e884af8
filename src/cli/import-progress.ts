/** The progress of an import: which file is being read and how far, or which step takes its time. */

import { basename } from 'node:path';
import type { EstateFileKind } from '#domain/estate-columns.ts';
import type { ImportWatcher } from '#operations/import-estate.ts';
import type { Screen } from './screen.ts';
import { bytes, count, duration, shown } from './shown.ts';

/** How often the picture is renewed; the steps in the database take long without telling anything. */
const redrawMs = 200;

const steps = {
  checking: 'holding the rows against each other and against the estate',
  comparing: 'looking what changes',
  merging: 'importing, all or nothing',
} as const satisfies Record<Parameters<ImportWatcher['begins']>[0], string>;

export interface ProgressFile {
  readonly path: string;
  /** Null where it is no plain file, and nobody knows how much will come. */
  readonly octets: number | null;
}

export class ImportProgress implements Disposable {
  readonly #screen: Screen;
  readonly #files: Partial<Readonly<Record<EstateFileKind, ProgressFile>>>;
  readonly #now: () => number;
  readonly #startedMs: number;
  #step = 'looking at the estate';
  #timer: NodeJS.Timeout | null = null;

  constructor(screen: Screen, files: Partial<Readonly<Record<EstateFileKind, ProgressFile>>>, now: () => number) {
    this.#screen = screen;
    this.#files = files;
    this.#now = now;
    this.#startedMs = now();
    if (!screen.moves) return;
    this.#timer = setInterval(() => this.draw(), redrawMs);
    this.#timer.unref();
  }

  get milliseconds(): number {
    return this.#now() - this.#startedMs;
  }

  reading(kind: EstateFileKind, rows: number, octets: number): void {
    this.#step = `reading ${this.#name(kind)}: ${count(rows)} rows · ${bytes(octets)}${this.#of(kind)}`;
  }

  sending(kind: EstateFileKind, octets: number): void {
    this.#step = `sending ${this.#name(kind)}: ${bytes(octets)}${this.#of(kind)}`;
  }

  begins(step: keyof typeof steps): void {
    this.#step = steps[step];
  }

  #name(kind: EstateFileKind): string {
    return shown(basename(this.#files[kind]?.path ?? kind), 60);
  }

  #of(kind: EstateFileKind): string {
    const octets = this.#files[kind]?.octets;
    return octets ? ` of ${bytes(octets)}` : '';
  }

  line(): string {
    return `${this.#step} · ${duration(this.milliseconds)} so far`;
  }

  draw(): void {
    this.#screen.draw([this.line()]);
  }

  [Symbol.dispose](): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#screen.clear();
  }
}
