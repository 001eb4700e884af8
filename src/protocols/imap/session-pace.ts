/** How fast a session may go, together with all others that share its pace. */

export interface SessionPace {
  /** So many octets have just come or gone: null to go on at once, else a promise for when to, which never rejects. */
  octets(count: number): Promise<void> | null;
  /** Likewise, of a command that has just been sent. */
  command(): Promise<void> | null;
}

/** For when both have happened. */
export function both(one: Promise<void> | null, other: Promise<void> | null): Promise<void> | null {
  return one && other ? Promise.all([one, other]).then(() => undefined) : (one ?? other);
}
