/** A door as the database knows it. */
export interface DoorKnown {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly serves: readonly string[];
  /** Whether its lease is alive: it is heard of, and answers by what is true. */
  readonly isAlive: boolean;
  readonly forMs: number;
  /** Since its lease ran out; 0 while it is alive. */
  readonly lostForMs: number;
  /** Changes of routes that it has not taken note of yet. */
  readonly behind: number;
}
