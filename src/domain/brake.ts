/** While the brake is on, nothing of an estate changes sides: who pulled it, and why. */
export interface Brake {
  readonly who: string;
  readonly why: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}
