/** A book of routes made by hand, for tests of the doors: who is in it is said, turned and held as a test wants. */

import type { Route, RouteFound, Standing } from '#domain/route.ts';
import type { Named, SideName } from '#domain/platform.ts';
import type { HeedHold, RouteBook } from '#ports/routes.ts';

export class MadeUpBook implements RouteBook {
  readonly #names = new Map<string, number>();
  readonly #routes = new Map<number, { route: Route; named: Named }>();
  readonly #heeds: HeedHold[] = [];
  readonly #waiting = new Set<() => void>();
  /** Whether it says of everybody that it is not certain. */
  isUnsure = false;

  /** Somebody who lives on that side; the number of the mailbox. */
  add(address: string, side: SideName, aliases: readonly string[] = []): number {
    const mailbox = this.#routes.size + 1;
    const named = { address, sourceUser: null, targetUser: null };
    this.#routes.set(mailbox, { route: { mailbox, side, standing: 'open' }, named });
    for (const name of [address, ...aliases]) this.#names.set(name.toLowerCase(), mailbox);
    return mailbox;
  }

  /** Stands so from now on; resolves when the doors have heeded a hold. */
  async set(mailbox: number, standing: Standing, side?: SideName): Promise<void> {
    const known = this.#routes.get(mailbox);
    if (known === undefined) throw new Error('nobody has been added under this number');
    this.#routes.set(mailbox, { ...known, route: { mailbox, standing, side: side ?? known.route.side } });
    for (const look of this.#waiting) look();
    if (standing === 'held') await Promise.all(this.#heeds.map((heed) => heed(mailbox, true)));
  }

  find(name: string): RouteFound {
    if (this.isUnsure) return { kind: 'later' };
    const known = this.route(this.#names.get(name.toLowerCase()) ?? -1);
    return known === null ? { kind: 'unknown' } : { kind: 'home', ...known };
  }

  route(mailbox: number): { readonly route: Route; readonly named: Named } | null {
    return this.#routes.get(mailbox) ?? null;
  }

  whenOpen(mailbox: number, mostMs: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const isOpen = (): boolean => this.route(mailbox)?.route.standing !== 'held';
      const end = (opened: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        signal.removeEventListener('abort', late);
        resolve(opened);
      };
      const late = (): void => end(false);
      const look = (): void => {
        if (isOpen()) end(true);
      };
      const timer = setTimeout(late, mostMs);
      signal.addEventListener('abort', late, { once: true });
      this.#waiting.add(look);
      if (signal.aborted) late();
      else look();
    });
  }

  onHold(heed: HeedHold): void {
    this.#heeds.push(heed);
  }

  /** How many wait for somebody to open. */
  get waiting(): number {
    return this.#waiting.size;
  }
}
