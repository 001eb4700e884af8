/**
 * One history: a mailbox is copied while its owner goes on using it, in bad weather, by a process that is killed now and
 * then; at last the weather clears, and everything must be as it should.
 */

import type { MemoryOperation } from '#connectors/memory/faults.ts';
import { memorySource, memoryTarget } from '#connectors/memory/open.ts';
import type { MailboxReport } from '#domain/report.ts';
import { everything } from '#domain/selection.ts';
import { memoryLedger } from '#ledger-file/memory.ts';
import { Chance } from '#lib/chance.ts';
import { silent } from '#lib/log.ts';
import { type CopyChoices, copyMailbox } from '#operations/copy-mailbox.ts';
import type { Traits } from '#ports/mailbox.ts';
import { findings } from './check.ts';
import { type Severity, storm } from './storm.ts';
import { World } from './world.ts';

export interface HistoryResult {
  readonly seed: number;
  /** What is wrong, in words; empty when all is well. */
  readonly findings: readonly string[];
  readonly runs: number;
  readonly kills: number;
  readonly messages: number;
  /** What happened, line by line, for whoever looks into a failure. */
  readonly trace: readonly string[];
}

/** After so many runs in fine weather a copy must have come to its end. */
const calmRunsMax = 4;

const pair = { source: 'memory://source', target: 'memory://target' };

class Killed extends Error {
  override readonly name = 'Killed';
}

/** Plays one history from its seed. The same seed plays the same history. Verbose, every operation is in the trace. */
export async function playHistory(seed: number, isVerbose = false): Promise<HistoryResult> {
  const history = new History(seed, isVerbose);
  const found = await orStuck(history.play());
  const { runs, kills, trace, world } = history;
  const messages = world.folders.reduce((count, folder) => count + folder.messages.length, 0);
  return { seed, findings: found, runs, kills, messages, trace };
}

class History {
  readonly world: World;
  readonly trace: string[] = [];
  runs = 0;
  kills = 0;
  readonly #chance: Chance;
  readonly #ledger;
  readonly #traits: { readonly source: Partial<Traits>; readonly target: Partial<Traits> };
  readonly #choices: CopyChoices;
  readonly #isVerbose: boolean;
  #now = 1_700_000_000_000;

  constructor(seed: number, isVerbose: boolean) {
    this.#isVerbose = isVerbose;
    const chance = new Chance(seed);
    this.#chance = chance;
    this.world = new World(chance.fork());
    const disk = chance.fork();
    const slow = chance.once(2);
    this.#ledger = memoryLedger({
      becomeDurable: async () => {
        for (let turns = slow ? disk.below(4) : 0; turns > 0; turns--) await new Promise(setImmediate);
      },
    });
    const tellsUids = !chance.once(3);
    this.#traits = {
      source: { changes: chance.pick(['none', 'flags', 'flags-and-vanished']) },
      target: {
        changes: chance.pick(['none', 'flags', 'flags-and-vanished']),
        tellsUids,
        batches: chance.pick(['together', 'one-by-one']),
      },
    };
    this.#choices = {
      selection: everything,
      delete: tellsUids && chance.once(3),
      prove: chance.pick(['none', 'sample', 'sample', 'all']),
      dryRun: false,
      followSeconds: null,
      retryRefused: false,
    };
  }

  async play(): Promise<readonly string[]> {
    const chance = this.#chance;
    if (this.#isVerbose) this.#traceMail();
    this.trace.push(JSON.stringify({ ...this.#traits, delete: this.#choices.delete, prove: this.#choices.prove }));
    for (let stormy = chance.between(1, 5); stormy > 0; stormy--) {
      const wrong = await this.#run(chance.pick<Severity>([10, 40, 200, null]), chance.once(2));
      if (wrong.length > 0) return wrong;
      for (let acts = chance.below(6); acts > 0; acts--) this.world.live();
    }
    return this.#comeToRest();
  }

  /** Fine weather, and nobody writes: it ends, all is there, and one more run does nothing. */
  async #comeToRest(): Promise<readonly string[]> {
    for (let calm = 1; ; calm++) {
      const before = this.#onTarget();
      const report = await this.#copy(null, false, false);
      if (report.fault && calm === calmRunsMax)
        return [`it does not end: ${report.fault.code} ${report.fault.message}`];
      if (report.fault) continue;
      const grown = this.#onTarget() - before;
      const found = [...findings(this.world, report)];
      if (report.copied - report.removed !== grown) {
        found.push(
          `the report says ${report.copied} copied and ${report.removed} removed, the target grew by ${grown}`,
        );
      }
      if (found.length > 0) return found;
      break;
    }
    const before = JSON.stringify(
      this.world.target.folders.map(({ state }) => state),
      bigints,
    );
    const again = await this.#copy(null, false, false);
    const after = JSON.stringify(
      this.world.target.folders.map(({ state }) => state),
      bigints,
    );
    const { copied, removed, flagsChanged, fault } = again;
    if (fault) return [`one more run failed: ${fault.code}`];
    if (copied + removed + flagsChanged > 0 || before !== after) {
      return [`one more run did something: ${JSON.stringify({ copied, removed, flagsChanged })}`];
    }
    return findings(this.world, again);
  }

  /** One process in bad weather, perhaps killed. What is wrong with what it says, if it lives to say it. */
  async #run(severity: Severity, isKilled: boolean): Promise<readonly string[]> {
    const before = this.#onTarget();
    const kills = this.kills;
    const report = await this.#copy(severity, isKilled, true);
    if (this.kills > kills) return [];
    if (report.fault?.code === 'internal') return [`a fault of ours: ${report.fault.message}`];
    const grown = this.#onTarget() - before;
    if (report.fault === null && report.copied - report.removed !== grown) {
      return [`a run said ${report.copied} copied and ${report.removed} removed, the target grew by ${grown}`];
    }
    return [];
  }

  async #copy(severity: Severity, isKilled: boolean, isUsed: boolean): Promise<MailboxReport> {
    this.runs++;
    const { world } = this;
    const chance = this.#chance.fork();
    const writer = chance.fork();
    const busy = chance.pick([5, 50, 500]);
    let left = isKilled ? (chance.once(2) ? chance.below(60) : chance.below(1_500)) : -1;
    let dead = false;
    const kill = (where: string): void => {
      dead = true;
      this.kills++;
      this.trace.push(`killed at ${where}`);
      this.#ledger.crash(chance.below(this.#ledger.underWay + 1));
    };
    const step = (where: string): void => {
      if (this.#isVerbose) this.trace.push(where);
      if (this.#isVerbose && where === 'folders.prepared') void this.#traceLedger();
      if (isUsed && writer.once(busy)) world.live();
      if (left >= 0 && left-- === 0) kill(where);
    };
    const end = (side: 'source' | 'target') => ({
      name: `memory://${side}`,
      traits: this.#traits[side],
      chance: chance.fork(),
      faults: storm({
        chance: chance.fork(),
        severity,
        lies: this.#traits.target.tellsUids === true && chance.once(4),
        tick: (operation: MemoryOperation, when) => step(`${side} ${operation.kind} (${when})`),
        isDead: () => dead,
        trace: (line) => this.trace.push(`${side} ${line}`),
      }),
    });
    this.trace.push(`run ${this.runs}, severity ${severity}`);
    if (this.#isVerbose) await this.#traceLedger();
    const patience = chance.fork();
    const report = await copyMailbox(
      {
        pair,
        openSource: memorySource(world.source, end('source')),
        openTarget: memoryTarget(world.target, end('target')),
        ledger: this.#ledger,
        choices: { ...this.#choices, retryRefused: chance.once(3) },
        watcher: { planned() {}, progress() {}, folder() {}, caughtUp() {} },
        log: silent,
        pace: null,
        clock: {
          now: () => this.#now,
          sleep: async (ms) => {
            this.#now += ms;
            await new Promise(setImmediate);
          },
        },
        chance: () => patience.below(1_000_000) / 1_000_000,
        at: (point) => {
          if (!dead) step(point);
          if (dead) throw new Killed(point);
        },
      },
      new AbortController().signal,
    );
    const { copied, alreadyThere, removed, fault, refused } = report;
    this.trace.push(
      JSON.stringify({ copied, alreadyThere, removed, refused: refused.length, fault: fault?.code ?? null }),
    );
    return report;
  }

  /** Writes into the trace which letters (by the number in their body) each folder holds, whenever that changes. */
  #traceMail(): void {
    const last = new Map<string, string>();
    for (const [side, mailbox] of Object.entries({ source: this.world.source, target: this.world.target })) {
      const tell = (): void => {
        for (const { name, uidValidity, messages } of mailbox.folders) {
          const letters = messages.map(({ uid, bytes }) => `${uid}=${letterNumber(bytes)}`).join(' ');
          const line = `  ${side} ${name} (${uidValidity}): ${letters}`;
          if (last.get(`${side} ${name}`) !== line) this.trace.push(line);
          last.set(`${side} ${name}`, line);
        }
      };
      tell();
      mailbox.watch(tell);
    }
  }

  /** Writes what the ledger knows into the trace. */
  async #traceLedger(): Promise<void> {
    const ledger = await this.#ledger.peek(pair);
    if (!ledger) return;
    const lines: unknown[] = [];
    for (const record of await ledger.folders()) {
      const { source, sourceUidValidity, targetUidValidity, messages } = record;
      lines.push({ source, sourceUidValidity, targetUidValidity, messages, map: (await ledger.map(source)).runs });
    }
    for (const { folder, uid, kind, code } of await ledger.exceptions()) lines.push({ folder, uid, kind, code });
    for (const intent of await ledger.intents()) {
      const { id, source, uids, targetUidNext, sent } = intent;
      lines.push({ id, source, uids, targetUidNext, sent: sent.map(({ uid }) => uid) });
    }
    this.trace.push(...lines.map((line) => `  ledger ${JSON.stringify(line)}`));
  }

  #onTarget(): number {
    return this.world.target.folders.reduce((count, folder) => count + folder.messages.length, 0);
  }
}

/** When everybody waits and nothing is under way, Node says so; that is a finding like any other. */
async function orStuck(play: Promise<readonly string[]>): Promise<readonly string[]> {
  const stuck = Promise.withResolvers<readonly string[]>();
  const say = (): void => stuck.resolve(['everybody waits for somebody else']);
  process.once('beforeExit', say);
  try {
    return await Promise.race([play, stuck.promise]);
  } finally {
    process.off('beforeExit', say);
  }
}

function letterNumber(bytes: Uint8Array): string {
  return /^(\d+): /m.exec(Buffer.from(bytes).toString('latin1'))?.[1] ?? '?';
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
