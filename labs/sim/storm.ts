/** Bad weather between an engine and two mailboxes in memory, the same for the same seed. */

import type { MemoryFaults, MemoryOperation, Mishap } from '#connectors/memory/faults.ts';
import { fault } from '#domain/fault.ts';
import type { Chance } from '#lib/chance.ts';
import type { RefusalCause } from '#ports/mailbox.ts';

/** How likely mishaps are: one operation in so many, or none at all. */
export type Severity = 10 | 40 | 200 | null;

export interface StormOptions {
  readonly chance: Chance;
  readonly severity: Severity;
  /** Whether the target may say that it has stored what it has not. */
  readonly lies: boolean;
  /** Told of every operation in words, before it happens and when it has. */
  readonly step: (where: string) => void;
  /** Whether the process that asks has been killed: nothing of what it still tries happens. */
  readonly isDead: () => boolean;
  readonly trace: (line: string) => void;
}

export function storm(options: StormOptions): MemoryFaults {
  const strike = (operation: MemoryOperation, when: 'before' | 'after'): Mishap | null => {
    if (!options.isDead()) options.step(`${nameOf(operation)} (${when})`);
    if (options.isDead()) return ended;
    const { chance, severity } = options;
    if (severity === null || !chance.once(severity)) return null;
    const mishap = when === 'before' ? before(chance, operation, options.lies) : after(chance, operation);
    if (mishap) options.trace(`${when} ${nameOf(operation)}: ${JSON.stringify(mishap, plainly)}`);
    return mishap;
  };
  return {
    before: (operation) => strike(operation, 'before'),
    after: (operation) => strike(operation, 'after'),
  };
}

const host = 'memory';
const cut: Mishap = { kind: 'cut' };
/** No engine tries again after this one. */
const ended: Mishap = { kind: 'fault', fault: fault('internal', { detail: 'the process was killed' }) };

function before(chance: Chance, operation: MemoryOperation, lies: boolean): Mishap | null {
  switch (operation.kind) {
    case 'open':
      return chance.pick([cut, throttled(chance)]);
    case 'read':
      return chance.pick<Mishap>([
        cut,
        { kind: 'cut-inside', afterBytes: chance.below(operation.sizeBytes) },
        { kind: 'withheld' },
        { kind: 'refused', refusal: { because: 'unclear', code: null, text: 'Server Unavailable. 15' } },
      ]);
    case 'append-message':
      return { kind: 'refused', refusal: refusal(chance) };
    case 'append':
      return chance.pick<Mishap>([
        cut,
        cut,
        { kind: 'vague', text: 'Internal error occurred. Refer to server log for more information.' },
        lies ? { kind: 'lie' } : cut,
      ]);
    case 'prepare':
      return cut;
    default:
      return chance.pick([cut, throttled(chance)]);
  }
}

function after(chance: Chance, operation: MemoryOperation): Mishap | null {
  if (operation.kind === 'append') {
    return chance.pick<Mishap>([cut, cut, { kind: 'vague', text: 'Temporary problem, please try again later' }]);
  }
  return operation.kind === 'append-message' ? null : cut;
}

function throttled(chance: Chance): Mishap {
  const waitMs = chance.pick([null, 1_000, 30_000]);
  return { kind: 'fault', fault: fault('imap.server.throttled', { host, text: 'Request is throttled.', waitMs }) };
}

function refusal(chance: Chance): {
  readonly because: RefusalCause;
  readonly code: string | null;
  readonly text: string;
} {
  const because = chance.pick<RefusalCause>(['message', 'flags', 'date', 'too-big', 'later', 'unclear', 'quota']);
  return { because, code: null, text: `refused by the storm (${because})` };
}

function nameOf(operation: MemoryOperation): string {
  const folder = 'folder' in operation ? ` ${operation.folder}` : '';
  const uid = operation.kind === 'read' ? ` ${operation.uid}` : '';
  return `${operation.kind}${folder}${uid}`;
}

function plainly(key: string, value: unknown): unknown {
  return key === 'fault' && value instanceof Error ? value.message : value;
}
