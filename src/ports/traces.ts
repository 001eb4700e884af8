/**
 * What an observer may follow while it happens: spans, of which each has a name, an end and the span in which it lies. Nothing in here can hold
 * an address, a name or a word of a server: numbers, and words of ours.
 */

import type { FaultCode } from '#domain/fault.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import type { Work } from '#domain/release.ts';
import type { SideName } from '#domain/platform.ts';

/** `journey`: one piece of work on one mailbox; the others lie in it, but for `http`. */
export type SpanName =
  | 'journey'
  | 'carry'
  | 'switch'
  | 'switch.meet'
  | 'switch.hold'
  | 'switch.verify'
  | 'switch.agree'
  | 'switch.point'
  | 'switch.turn'
  | 'http';

export interface SpanAbout {
  /** The number of the mailbox in the database: not its address. */
  readonly mailbox?: number;
  readonly work?: Work;
  readonly direction?: Direction;
  readonly to?: SideName;
  readonly messages?: number;
  readonly bytes?: number;
  readonly interruptedMs?: number;
  /** How it ended, in a word of ours: what became of a switch, or the code of a fault. */
  readonly outcome?: SpanOutcome;
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'other';
  /** The pattern (`/v1/mailboxes/:address`), never what stood in its place. */
  readonly route?: string;
  readonly status?: number;
}

/** Words of ours: the code of a fault, or what became of a switch. */
export type SpanOutcome = 'turned' | 'stayed' | 'waits' | 'overtaken' | 'error' | FaultCode;

export interface OpenSpan {
  add(about: SpanAbout): void;
  /** With the code of a fault where it failed. */
  end(failed?: SpanOutcome): void;
}

export interface Traces {
  /** Does `work` within a span; what it throws is passed on, and told by no more than its code. */
  within<T>(name: SpanName, about: SpanAbout, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** A span that is ended by hand. `carrier`: headers by which somebody may have told of the span in which it lies. */
  begin(name: SpanName, about: SpanAbout, carrier?: Readonly<Record<string, unknown>>): OpenSpan;
}

const unseen: OpenSpan = { add() {}, end() {} };

/** Nobody looks. */
export const untraced: Traces = { within: (_, __, work) => work(unseen), begin: () => unseen };
