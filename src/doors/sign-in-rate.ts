/**
 * How often one client may ask who lives where, in bounded memory: a bucket each, which fills by the second. All names count alike,
 * known or not, so that nobody learns from being slowed down.
 */

/** Clients that are remembered; whoever has not come for longest is forgotten, which lets them begin anew. */
const clientsMax = 20_000;

export class SignInRate {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.#perMs = perMinute / 60_000;
    this.#burst = Math.max(1, perMinute);
    this.#now = now;
  }

  /** Whether this client may ask now; if so, it has. */
  take(client: string): boolean {
    const now = this.#now();
    const before = this.#buckets.get(client);
    const left =
      before === undefined ? this.#burst : Math.min(this.#burst, before.left + (now - before.at) * this.#perMs);
    // Set anew, it is the youngest in the map's order.
    this.#buckets.delete(client);
    this.#buckets.set(client, { left: left >= 1 ? left - 1 : left, at: now });
    if (this.#buckets.size > clientsMax) this.#buckets.delete(this.#buckets.keys().next().value as string);
    return left >= 1;
  }
}
