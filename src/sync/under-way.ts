/** Work that goes on side by side. The first piece of it that fails ends all: whoever waits for anything hears of that. */

export class UnderWay {
  /** FETCH commands on the wire. */
  readonly reads = new Set<Promise<void>>();
  /** Everything else: answers of the target, proofs, notes to the ledger. */
  readonly background = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;
  readonly #failed = Promise.withResolvers<never>();

  constructor() {
    this.#failed.promise.catch(() => undefined); // whoever awaits it is told; nobody need await it
  }

  /** What ended it; null while all is well. */
  get failure(): { readonly error: unknown } | null {
    return this.#failure;
  }

  get isIdle(): boolean {
    return this.reads.size + this.background.size === 0;
  }

  /** Keeps `work` in `set` until it has ended; its failure is that of all. */
  start(set: Set<Promise<void>>, work: Promise<void>): void {
    const tracked: Promise<void> = work.then(
      () => void set.delete(tracked),
      (error: unknown) => {
        set.delete(tracked);
        this.fail(error);
      },
    );
    set.add(tracked);
  }

  /** Ends everything, unless something else has before. */
  fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    this.#failed.reject(error);
  }

  /** `work`, or the failure if that comes first. */
  or<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#failed.promise]);
  }

  /** Until anything has ended. Not to be asked while `isIdle`: that would be for ever. */
  async next(set: ReadonlySet<Promise<void>> | null = null): Promise<void> {
    await this.or(Promise.race(set ?? [...this.reads, ...this.background]));
  }

  /** Until `set` is empty. Throws the failure if there is one. */
  async allOf(set: ReadonlySet<Promise<void>>): Promise<void> {
    while (set.size > 0) await this.or(Promise.all(set));
    if (this.#failure) throw this.#failure.error;
  }

  /** Until nothing moves any more, after a failure as well; never throws. */
  async drained(): Promise<void> {
    while (!this.isIdle) await Promise.allSettled([...this.reads, ...this.background]);
  }
}
