/**
 * Tells whoever listens what changes in an estate, about once a second: one look at the database for all of them, and none while nobody
 * listens. What is told says how things stand, so that to be told twice does no harm; and who cannot be told everything is told so.
 */

import { type ChangesSince, isNothing, type Visible, visibleTo } from '#domain/change.ts';
import type { Within } from '#domain/rights.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Changes } from '#ports/changes.ts';

export type Told =
  | { readonly kind: 'changes'; readonly changes: ChangesSince }
  /** Too much has changed, or the log is another one: everything is to be read anew, and then followed from here. */
  | { readonly kind: 'reset'; readonly upTo: number }
  /** Nothing that they see has changed up to here. */
  | { readonly kind: 'nothing'; readonly upTo: number };

export interface Listener {
  readonly within: Within;
  /** The link up to which they have been told before; null: from now on. */
  readonly after: number | null;
  /** Told in order. Must not throw. */
  tell(told: Told): void;
}

export interface FollowedChanges extends AsyncDisposable {
  /** From now on, until what is answered is disposed of. Throws `database.*` where it cannot be begun. */
  listen(listener: Listener): Promise<Disposable>;
}

const everyMs = 1_000;
/** Imports and new waves change who sees what, and nobody waits for that. */
const visibleForMs = 30_000;

export function followChanges(changes: Changes, clock: Clock, log: Log): FollowedChanges {
  return new Follower(changes, clock, log);
}

class Follower implements FollowedChanges {
  readonly #changes: Changes;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listeners = new Set<Listener>();
  readonly #visible = new Map<string, { readonly seen: Visible; readonly at: number }>();
  readonly #ended = new AbortController();
  /** The link up to which all that listen have been told; null while nobody does. */
  #upTo: number | null = null;
  #looking: Promise<void> | null = null;

  constructor(changes: Changes, clock: Clock, log: Log) {
    [this.#changes, this.#clock, this.#log] = [changes, clock, log];
  }

  async listen(listener: Listener): Promise<Disposable> {
    let { after: upTo } = listener;
    let before: number | null;
    // Once more where the others were told of more meanwhile: that look is not taken again.
    do {
      before = this.#upTo;
      upTo = await this.#tellMissed(listener, upTo);
    } while (this.#upTo !== before);
    // Whoever comes first begins the looking; who comes later may be told twice what came in between.
    this.#upTo ??= upTo;
    this.#listeners.add(listener);
    this.#looking ??= this.#look();
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    this.#ended.abort();
    await this.#looking;
  }

  /** Up to where they have been told. */
  async #tellMissed(listener: Listener, after: number | null): Promise<number> {
    const latest = await this.#changes.latest();
    const missed = after === null ? null : await this.#changes.since(after);
    if (missed === null) listener.tell({ kind: after === null ? 'nothing' : 'reset', upTo: latest });
    else listener.tell(await this.#toldTo(listener.within, missed));
    return missed?.upTo ?? latest;
  }

  async #look(): Promise<void> {
    let isAway = false;
    for (;;) {
      await this.#clock.sleep(everyMs, this.#ended.signal).catch(() => undefined); // it ends because nobody listens any more
      if (this.#listeners.size === 0 || this.#upTo === null) {
        [this.#looking, this.#upTo] = [null, null];
        this.#visible.clear();
        return;
      }
      try {
        await this.#tellAll(this.#upTo);
        isAway = false;
      } catch (error) {
        // The database is away: they are told all of it when it is there again.
        if (!isAway) this.#log.warn('changes cannot be told', { text: cleanText(String(error), 200) });
        isAway = true;
      }
    }
  }

  async #tellAll(before: number): Promise<void> {
    const changes = await this.#changes.since(before);
    if (changes === null) {
      const upTo = await this.#changes.latest();
      this.#upTo = upTo;
      for (const listener of this.#listeners) listener.tell({ kind: 'reset', upTo });
      return;
    }
    if (changes.upTo === before) return;
    const told = new Map<string, Told>();
    // Somebody may come while it is found out what others see.
    for (let untold = this.#untold(told); untold !== null; untold = this.#untold(told))
      told.set(keyOf(untold.within), await this.#toldTo(untold.within, changes));
    this.#upTo = changes.upTo;
    for (const listener of this.#listeners) listener.tell(told.get(keyOf(listener.within)) as Told);
  }

  /** What somebody who listens sees, for whom it is not known yet what they are told. */
  #untold(told: ReadonlyMap<string, Told>): { readonly within: Within } | null {
    for (const { within } of this.#listeners) if (!told.has(keyOf(within))) return { within };
    return null;
  }

  async #toldTo(within: Within, changes: ChangesSince): Promise<Told> {
    const seen = within === null ? changes : visibleTo(await this.#visibleWithin(within), changes);
    return isNothing(seen) ? { kind: 'nothing', upTo: seen.upTo } : { kind: 'changes', changes: seen };
  }

  async #visibleWithin(within: NonNullable<Within>): Promise<Visible> {
    const key = keyOf(within);
    const known = this.#visible.get(key);
    if (known && this.#clock.now() - known.at < visibleForMs) return known.seen;
    const seen = await this.#changes.visible(within);
    this.#visible.set(key, { seen, at: this.#clock.now() });
    return seen;
  }
}

function keyOf(within: Within): string {
  return within === null ? '' : JSON.stringify(within);
}
