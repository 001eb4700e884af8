/** Looks at a server and tells what it is, what it can do and what that means for a move: `godwit probe`. Changes nothing. */

import { Fault, fault, told } from '#domain/fault.ts';
import { remarksOn } from '#domain/probe-remarks.ts';
import type { DeepFacts, ProbeReport } from '#domain/probe-report.ts';
import { type Clock, realClock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Inspection, InspectServer } from '#ports/inspection.ts';
import { lookDeep } from '#verify/look-deep.ts';
import { type OpenReader, SteadyReader } from '#verify/steady-reader.ts';

export interface ProbeRequest {
  /** The URL as given, without secrets. */
  readonly server: string;
  readonly inspect: InspectServer;
  /** Opens the mailbox to look through every message (`--deep`); null to leave that out. */
  readonly deep: OpenReader | null;
  readonly log: Log;
  readonly watcher: ProbeWatcher;
  readonly clock?: Clock;
}

/** Told how a deep look goes; must return at once. */
export interface ProbeWatcher {
  planned(messages: number): void;
  progress(messages: number, bytes: number): void;
  folder(path: string): void;
}

/** Never throws for a fault: it stands in the report, with what was learnt until then. */
export async function probeServer(request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport> {
  const clock = request.clock ?? realClock;
  const begun = clock.now();
  let inspection: Inspection = { server: null, mailbox: null, fault: null };
  let deep: DeepFacts | null = null;
  let ended: Fault | null = null;
  try {
    inspection = await request.inspect(signal);
    ended = inspection.fault;
    if (!ended && inspection.mailbox && request.deep) {
      await using steady = new SteadyReader(request.deep, clock, request.log, signal);
      deep = await lookDeep(steady, request.watcher);
    }
  } catch (error) {
    ended = faultOf(error, signal);
  }
  const { server, mailbox } = inspection;
  return {
    server: request.server,
    facts: server,
    mailbox,
    deep,
    remarks: remarksOn({ server, mailbox, deep, now: clock.now() }),
    milliseconds: clock.now() - begun,
    fault: ended && told(ended),
  };
}

function faultOf(error: unknown, signal: AbortSignal): Fault {
  if (error instanceof Fault) return error;
  if (signal.aborted) return fault('interrupted', { by: 'the operator' }, { cause: error });
  return fault('internal', { detail: error instanceof Error ? error.message : String(error) }, { cause: error });
}

export type { ProbeReport };
