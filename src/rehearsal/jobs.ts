/** The jobs that wait for a worker: the most urgent first, and of those that are alike the one that came first. */

import type { Choice } from '#domain/release.ts';

interface Waiting extends Choice {
  readonly order: number;
}

/** Above this somebody waits for it: a window that will close, or a switch that has begun. */
const urgentAbove = 1;

export class Jobs {
  readonly #heap: Waiting[] = [];
  #entered = 0;
  #urgent = 0;

  get waiting(): number {
    return this.#heap.length;
  }

  get urgent(): number {
    return this.#urgent;
  }

  get first(): Choice | null {
    return this.#heap[0] ?? null;
  }

  add(choice: Choice): void {
    const job = { ...choice, order: this.#entered++ };
    if (job.urgency > urgentAbove) this.#urgent++;
    const heap = this.#heap;
    let hole = heap.length;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!isBefore(job, heap[parent] as Waiting)) break;
      heap[hole] = heap[parent] as Waiting;
      hole = parent;
    }
    heap[hole] = job;
  }

  shift(): void {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (!first || !last) return;
    if (first.urgency > urgentAbove) this.#urgent--;
    if (heap.length === 0) return;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Waiting, heap[child] as Waiting)) child++;
      if (isBefore(last, heap[child] as Waiting)) break;
      heap[hole] = heap[child] as Waiting;
      hole = child;
    }
    heap[hole] = last;
  }
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return a.urgency === b.urgency ? a.order < b.order : a.urgency > b.urgency;
}
