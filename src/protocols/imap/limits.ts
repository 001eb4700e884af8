/** How much a server may say. Every bound is far above what honest servers send and far below what would hurt this machine. */

export interface Limits {
  /**
   * Octets of one response that are held in memory: its lines and the literals that nobody takes as they come. A VANISHED
   * of a folder of two million messages, every second one gone, takes some 8 MB.
   */
  readonly responseOctets: number;
  /** Octets of all literals of one response that nobody takes as they come: names, headers. */
  readonly heldLiteralOctets: number;
  /** The largest literal that is handed through. Servers take at most 150 MB or so; 4 GiB is what 32 bits can say. */
  readonly literalOctets: number;
  /** How deep parentheses may stand in each other; a 300-deep multipart makes a BODYSTRUCTURE of that depth. */
  readonly nesting: number;
  /** Untagged responses while no command makes headway: a server that talks for ever without answering. */
  readonly idleResponses: number;
}

export const usualLimits: Limits = {
  responseOctets: 16 * 1024 * 1024,
  heldLiteralOctets: 1024 * 1024,
  literalOctets: 0xffff_ffff,
  nesting: 1_000,
  idleResponses: 100_000,
};
