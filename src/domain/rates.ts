/**
 * How fast mail moves between two platforms, and how often it does not: what forecasts and rehearsals reckon with. Measured where
 * enough has been moved already, else as others have published it.
 */

/** What a piece of work on one mailbox takes: a part that every mailbox costs, one for each item, one for each octet. */
export interface WorkRate {
  readonly fixedMs: number;
  readonly msPerItem: number;
  readonly msPerByte: number;
  /** How far single mailboxes lie from that: the standard deviation of the logarithm. */
  readonly sigma: number;
}

export interface Rates {
  readonly origin: 'measured' | 'stated';
  /** Of copies: the mailboxes behind it; 0 where it was stated. */
  readonly samples: number;
  /** The same of switches. */
  readonly switchSamples: number;
  /** The first pass, by all the items and octets of a mailbox. */
  readonly copy: WorkRate;
  /** A look at a mailbox that follows, by what is new since the last. */
  readonly follow: WorkRate;
  /** The switch, by what is new since the last pass. */
  readonly switch: WorkRate;
  /** Mailboxes that are worked on at one time, where nothing is throttled. */
  readonly atOnce: number;
  /** Items and octets that come to a mailbox in a day. */
  readonly newItemsPerDay: number;
  readonly newBytesPerDay: number;
  /** The share of passes that fail and are tried again by themselves. */
  readonly retryShare: number;
  /** The share of mailboxes that are blocked until a person has seen to them. */
  readonly blockedShare: number;
  /** Hours until a person has. */
  readonly mendHours: number;
  /** The share of the time in which a platform asks for patience, and what it gives meanwhile, as a share of its budget. */
  readonly throttledShare: number;
  readonly throttledTo: number;
}
