/** The way home of mailboxes that have settled, where it is not kept up: what people change does not reach the side that they left. */

/** One of them. */
export interface WayHomeLate {
  /** The end of the last pass home that came to its end. */
  readonly since: Date;
  /** A fault of the catalogue, and its words. */
  readonly code: string;
  readonly message: string;
}

/** All of them, for one reason. */
export interface WaysHomeLate {
  readonly code: string;
  readonly mailboxes: number;
  /** Of the one that has waited longest, and who that is. */
  readonly since: Date;
  readonly example: string;
}
