/**
 * What this process knows to be its own of the leases that the database has under its name. Where PostgreSQL died in the moment
 * in which it gave one, the answer was lost and the row may be there: a worker that lives on would keep it for ever, and nobody
 * else could have what it is of. So every heartbeat tells what is known, and what is older and not among it is dropped.
 */

/** Whoever has asked for longer than this may be given something of which nobody knows yet. */
const askedLatelyMs = 4_000;

export class Holdings {
  /** Tokens of the leases of mailboxes: of one that was given back and taken again it is another. */
  readonly mailboxes = new Set<number>();
  /** Ids of the leases of connections. */
  readonly connections = new Set<number>();
  /** When each question was asked that is not answered yet, by a clock that nobody sets. */
  readonly #asked = new Set<{ readonly at: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Asks for a lease; what is given is to be added before `ask` resolves. */
  async taking<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const asked = { at: this.#now() };
    this.#asked.add(asked);
    try {
      return await ask();
    } finally {
      this.#asked.delete(asked);
    }
  }

  /**
   * All that is held; null while that cannot be said, since a question is out for long. Whatever else is there, and has been for
   * as long as a lease lasts, was given to nobody.
   */
  told(): { readonly mailboxes: readonly number[]; readonly connections: readonly number[] } | null {
    for (const { at } of this.#asked) if (this.#now() - at > askedLatelyMs) return null;
    return { mailboxes: [...this.mailboxes], connections: [...this.connections] };
  }
}
