/**
 * One history: a mailbox is copied while its owner goes on using it, in bad weather, by a process that is killed now and
 * then; at last the weather clears, and everything must be as it should.
 */

import type { MailboxReport } from '#domain/report.ts';
import { everything } from '#domain/selection.ts';
import { type MemoryLedger, memoryLedger } from '#ledger-file/memory.ts';
import { Chance } from '#lib/chance.ts';
import { silent } from '#lib/log.ts';
import { type CopyChoices, copyMailbox } from '#operations/copy-mailbox.ts';
import { findings } from './check.ts';
import { Life } from './life.ts';
import { imapStage, memoryStage, type Side, type SideTraits, type Stage } from './stage.ts';
import type { Severity } from './storm.ts';
import { Trace } from './trace.ts';
import { World } from './world.ts';

export interface HistoryOptions {
  readonly seed: number;
  /** Mailboxes asked through our ports at once, or over sockets by our IMAP client. */
  readonly over: 'memory' | 'imap';
  readonly isVerbose: boolean;
}

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

/** Plays one history from its seed. Over memory the same seed plays the same history; over sockets very nearly. */
export async function playHistory(options: HistoryOptions): Promise<HistoryResult> {
  const history = new History(options);
  const found = await orStuck(history.play());
  const { runs, kills, trace, world } = history;
  const messages = world.folders.reduce((count, folder) => count + folder.messages.length, 0);
  return { seed: options.seed, findings: found, runs, kills, messages, trace: trace.lines };
}

class History {
  readonly world: World;
  readonly trace: Trace;
  runs = 0;
  kills = 0;
  readonly #over: HistoryOptions['over'];
  readonly #chance: Chance;
  readonly #ledger: MemoryLedger;
  readonly #traits: Readonly<Record<Side, SideTraits>>;
  readonly #choices: CopyChoices;
  #now = 1_700_000_000_000;
  #endedWell = false;

  constructor({ seed, over, isVerbose }: HistoryOptions) {
    this.#over = over;
    this.trace = new Trace(isVerbose);
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
      source: {
        changes: chance.pick(['none', 'flags', 'flags-and-vanished']),
        tellsUids: true,
        batches: 'together',
      },
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
    const { world, trace } = this;
    trace.follow(world);
    trace.add(JSON.stringify({ ...this.#traits, delete: this.#choices.delete, prove: this.#choices.prove }));
    const chance = this.#chance.fork();
    await using stage =
      this.#over === 'memory' ? memoryStage(world, this.#traits) : await imapStage(world, this.#traits, chance);
    const found = await this.#playOn(stage);
    return [...found, ...stage.findings()];
  }

  async #playOn(stage: Stage): Promise<readonly string[]> {
    const chance = this.#chance;
    for (let stormy = chance.between(1, 5); stormy > 0; stormy--) {
      const wrong = await this.#run(stage, chance.pick<Severity>([10, 40, 200, null]), chance.once(2));
      if (wrong.length > 0) return wrong;
      for (let acts = chance.below(6); acts > 0; acts--) this.world.live();
      // What a killed run was about to send is looked for as its own: nobody else sends it in these histories.
      if (this.#endedWell && chance.once(3)) {
        this.trace.add('somebody else is at work on the target');
        this.world.meddle();
      }
    }
    return this.#comeToRest(stage);
  }

  /** Fine weather, and nobody writes: it ends, all is there, and one more run does nothing. */
  async #comeToRest(stage: Stage): Promise<readonly string[]> {
    const retryRefused = this.#chance.once(3);
    for (let calm = 1; ; calm++) {
      const before = this.#onTarget();
      const report = await this.#copy(stage, null, false, false, retryRefused);
      if (report.fault && calm === calmRunsMax)
        return [`it does not end: ${report.fault.code} ${report.fault.message}`];
      if (report.fault) continue;
      const grown = this.#onTarget() - before;
      const found = [...findings(this.world, report)];
      if (!growsBy(report, grown)) {
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
    const again = await this.#copy(stage, null, false, false, false);
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
  async #run(stage: Stage, severity: Severity, isKilled: boolean): Promise<readonly string[]> {
    const before = this.#onTarget();
    const { kills } = this;
    const { departures } = this.world;
    const report = await this.#copy(stage, severity, isKilled, true, this.#chance.once(3));
    this.#endedWell = this.kills === kills && report.fault === null;
    if (this.kills > kills) return [];
    if (report.fault?.code === 'internal') return [`a fault of ours: ${report.fault.message}`];
    const grown = this.#onTarget() - before;
    // What left the source while it was on its way may be there under nobody's name.
    if (this.world.departures > departures) return [];
    if (report.fault === null && !growsBy(report, grown)) {
      return [`a run said ${report.copied} copied and ${report.removed} removed, the target grew by ${grown}`];
    }
    return [];
  }

  async #copy(
    stage: Stage,
    severity: Severity,
    isKilled: boolean,
    isUsed: boolean,
    retryRefused: boolean,
  ): Promise<MailboxReport> {
    this.runs++;
    const { world, trace } = this;
    const chance = this.#chance.fork();
    const life = new Life(
      {
        kill: isKilled ? (where) => this.#kill(chance, where) : null,
        live: isUsed ? () => world.live() : null,
        detail: (line) => trace.detail(line),
      },
      chance.fork(),
    );
    const lies = this.#traits.target.tellsUids && chance.once(4);
    trace.add(`run ${this.runs}, severity ${severity}`);
    await trace.ledger(this.#ledger, pair);
    const patience = chance.fork();
    const ends = stage.ends((side) => ({
      chance: chance.fork(),
      severity,
      lies,
      step: (where) => life.step(side, where),
      isDead: () => life.isOver,
      trace: (line) => trace.add(`${side} ${line}`),
    }));
    const report = await copyMailbox(
      {
        pair,
        ...ends,
        ledger: this.#ledger,
        choices: { ...this.#choices, retryRefused },
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
        at: (point) => life.at(point),
      },
      new AbortController().signal,
    );
    await stage.clear();
    const { copied, alreadyThere, removed, fault, refused } = report;
    this.trace.add(
      JSON.stringify({ copied, alreadyThere, removed, refused: refused.length, fault: fault?.code ?? null }),
    );
    return report;
  }

  /** What was not yet durable is gone, or the disk happened to have some of it. */
  #kill(chance: Chance, where: string): void {
    this.kills++;
    this.trace.add(`killed at ${where}`);
    this.#ledger.crash(chance.below(this.#ledger.underWay + 1));
  }

  #onTarget(): number {
    return this.world.target.folders.reduce((count, folder) => count + folder.messages.length, 0);
  }
}

/** Whether the target may have grown so: what is listed as of unknown outcome is there, or is not. */
function growsBy({ copied, removed, refused }: MailboxReport, grown: number): boolean {
  const unknown = refused.filter(({ code }) => code === 'outcome-unknown').length;
  return grown >= copied - removed && grown <= copied - removed + unknown;
}

/**
 * When everybody waits and nothing is under way, Node says so; and a rejection that nobody hears would end the process. Both
 * are findings like any other.
 */
async function orStuck(play: Promise<readonly string[]>): Promise<readonly string[]> {
  const stuck = Promise.withResolvers<readonly string[]>();
  const unheard: string[] = [];
  const say = (): void => stuck.resolve(['everybody waits for somebody else']);
  const hear = (reason: unknown): void => {
    unheard.push(`nobody hears: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`);
  };
  process.once('beforeExit', say);
  process.on('unhandledRejection', hear);
  try {
    const found = await Promise.race([play, stuck.promise]);
    await new Promise(setImmediate);
    return [...found, ...unheard];
  } finally {
    process.off('beforeExit', say);
    process.off('unhandledRejection', hear);
  }
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
