/**
 * One evening of a national health service on one machine: two real mail servers, Godwit as it is shipped, and every mailbox of
 * an estate taken from one to the other. Imported, copied ahead, changed by its people, and switched in a window; and then
 * everything is read on both sides by somebody else.
 */

import { mkdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MailboxRow } from '#domain/estate.ts';
import { startEmbedded } from '#postgres/embedded.ts';
import { type CpuCounter, openCpuCounter, type Party } from './cpu.ts';
import { type EstateFiles, MadeEstate, writeEstate } from './estate-generator.ts';
import { compareMailbox, type Findings, isWell, nothingFound } from './evening-compare.ts';
import {
  type EveningGodwit,
  measuredOf,
  prepared,
  type Serving,
  type Stand,
  standNow,
  startServing,
  verb,
} from './evening-godwit.ts';
import { type EveningShape, foldersInTheEnd, foldersOf, isChanged } from './evening-mail.ts';
import { changeSome, seedAll } from './evening-people.ts';
import type { EveningMeasured } from './evening-rehearsed.ts';
import { type Evening, lineOf, megabytes, type Phase } from './evening-result.ts';
import { forAll, lanes, serversAre, type Sides, startSides } from './evening-servers.ts';
import { scratchFolder } from './servers.ts';

export interface EveningOptions {
  readonly mailboxes: number;
  readonly messagesMin: number;
  readonly messagesMax: number;
  /** Where mail, database and logs lie; a folder is made in it, and removed in the end. */
  readonly scratch: string | null;
  readonly keep: boolean;
  readonly atOnce: number;
  readonly followEvery: string;
  readonly nodeOptions: string;
  readonly say: (line: string) => void;
  /** Called before everything is removed, which takes minutes for millions of small files. */
  readonly told: (evening: Evening) => void;
}

/** As many as an evening of the programme that this is named after. */
export const eveningMailboxes = 22_000;
const organisationsMost = 300;
/** Octets on disk of a mailbox on both sides, besides its messages, and of the database for it; and of the database's log. */
const besidesMail = 250_000;
const octetsOfMessage = 6_500;
const logOctets = 3e9;

export async function runEvening(options: EveningOptions): Promise<void> {
  const { say, mailboxes } = options;
  const folder = join(resolve(options.scratch ?? scratchFolder), `evening-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const clean = (): void => {
    if (options.keep) say(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', clean);
  try {
    seeRoom(folder, options);
    using counter = openCpuCounter();
    await using sides = await startSides(folder, counter);
    const state = join(folder, 'state');
    mkdirSync(state);
    // Started here, so that its CPU and its memory are nobody else's.
    await using _server = await startEmbedded(state, {}, AbortSignal.timeout(60_000));
    counter.enrol('database', Number(readFileSync(join(state, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]));
    say(`${mailboxes} mailboxes; ${serversAre}; CPU by ${counter.kind}`);
    options.told(await new Run(options, folder, sides, counter).toTheEnd());
  } finally {
    process.off('exit', clean);
    clean();
  }
}

/** Throws where the disk cannot hold it. */
function seeRoom(folder: string, { mailboxes, messagesMin, messagesMax }: EveningOptions): void {
  // Half of the sum are in a mailbox, on two sides.
  const needed = logOctets + mailboxes * (besidesMail + (messagesMin + messagesMax) * octetsOfMessage);
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < needed)
    throw new Error(
      `${folder} has room for ${((bavail * bsize) / 1e9).toFixed(1)} GB and this wants ${(needed / 1e9).toFixed(1)}: give another place with --scratch`,
    );
}

class Run {
  readonly #options: EveningOptions;
  readonly #folder: string;
  readonly #sides: Sides;
  readonly #counter: CpuCounter;
  readonly #shape: EveningShape;
  readonly #rows: readonly MailboxRow[];
  readonly #estate: MadeEstate;
  readonly #phases: Phase[] = [];

  constructor(options: EveningOptions, folder: string, sides: Sides, counter: CpuCounter) {
    this.#options = options;
    this.#folder = folder;
    this.#sides = sides;
    this.#counter = counter;
    const { mailboxes, messagesMin, messagesMax } = options;
    this.#shape = { mailboxes, messagesMin, messagesMax, seed: 1 };
    const organisations = Math.min(organisationsMost, Math.max(1, Math.floor(mailboxes / 5)));
    this.#estate = new MadeEstate({ organisations, mailboxes, grants: mailboxes * 2, seed: 1 });
    // Who may not travel this evening is not part of it.
    this.#rows = [...this.#estate.mailboxes()].map((row) => ({ ...row, notBefore: null, notAfter: null }));
  }

  async toTheEnd(): Promise<Evening> {
    const { atOnce, followEvery, nodeOptions, mailboxes } = this.#options;
    const files = await this.#files();
    await this.#phase('seed the source', (tick) => seedAll(this.#sides.source, this.#rows, this.#shape, tick));
    const connections = atOnce * 2;
    const settings = { atOnce, connections, followEvery };
    const godwit = prepared(this.#folder, this.#sides, settings);
    await this.#phase('import', async () => {
      const given = Object.entries<string>({ ...files }).flatMap(([kind, file]) => [`--${kind}`, file]);
      await verb(godwit, ['estate', 'import', ...given, '--yes']);
    });
    const serving = await startServing(godwit, this.#counter, nodeOptions);
    try {
      const tomorrow = windowFrom(Date.now() + dayMs);
      await verb(godwit, ['wave', 'create', 'evening', '--window', tomorrow]);
      await verb(godwit, ['wave', 'start', 'evening']);
      await this.#phase('first copy', (tick) =>
        this.#until(godwit, serving, (stand) => stand.in('following', 'switching', 'settled'), tick),
      );
      const changed = this.#rows.filter((_, number) => isChanged(number)).length;
      await this.#phase(
        'changes by people',
        (tick) => changeSome(this.#sides.source, this.#rows, this.#shape, tick),
        changed,
      );
      const { seconds } = await this.#phase('switch', async (tick) => {
        // Everybody is there, so the evening is today.
        await verb(godwit, ['wave', 'reschedule', 'evening', '--window', windowFrom(Date.now())]);
        await this.#until(godwit, serving, (stand) => stand.in('settled'), tick);
      });
      const stand = await standNow(godwit);
      // While it serves, who is at work is known.
      const measured = await measuredOf(godwit, settings, this.#sizes());
      const { peak } = serving.memory();
      const code = await serving.stop();
      if (code !== 0) this.#options.say(`godwit serve ended with ${code}`);
      const told = await toldOf(godwit);
      const { answer: findings } = await this.#phase('compare', (tick) => this.#compare(tick));
      return {
        mailboxes,
        phases: this.#phases,
        switchMinutes: seconds / 60,
        blocked: mailboxes - stand.in('settled'),
        peakRssBytes: peak,
        ...told,
        findings,
        measured,
        isWell: isWell(findings) && stand.in('settled') === mailboxes && code === 0 && told.isAuditIntact,
      };
    } finally {
      await serving.stop();
    }
  }

  #sizes(): EveningMeasured['sizes'] {
    return this.#rows.map((_, number) => {
      const messages = foldersOf(number, this.#shape).flatMap((each) => each.messages);
      return { items: messages.length, sizeBytes: messages.reduce((sum, each) => sum + each.sizeBytes, 0) };
    });
  }

  /** The three files of the estate, with the sizes that the mailboxes really have. */
  async #files(): Promise<EstateFiles> {
    const sizes = this.#sizes();
    const rows = this.#rows.map((row, number) => ({ ...row, ...sizes[number] }));
    return await writeEstate(
      {
        organisations: this.#estate.organisations,
        mailboxes: () => rows.values(),
        grants: () => this.#estate.grants(),
      },
      this.#folder,
    );
  }

  /** Until all that are not marked are where `count` counts them. Throws where nothing moves any more. */
  async #until(
    godwit: EveningGodwit,
    serving: Serving,
    count: (stand: Stand) => number,
    tick: (done: number, more: string) => void,
  ): Promise<void> {
    const { mailboxes } = this.#options;
    const everyMs = mailboxes > 5_000 ? 5_000 : 1_000;
    for (let [before, since] = [-1, Date.now()]; ; await sleep(everyMs)) {
      const stand = await standNow(godwit);
      const done = count(stand);
      const { now, peak } = serving.memory();
      const blocked = stand.marked('blocked');
      tick(done, `${blocked > 0 ? `${blocked} blocked, ` : ''}RSS ${megabytes(now)}, peak ${megabytes(peak)}`);
      if (done + blocked >= mailboxes) return;
      if (done !== before) [before, since] = [done, Date.now()];
      if (Date.now() - since > standstillMs)
        throw new Error(
          `nothing has moved for ${standstillMs / 60_000} minutes: ${JSON.stringify(stand.now.standings)}`,
        );
    }
  }

  async #compare(tick: (done: number) => void): Promise<Findings> {
    const findings = nothingFound();
    await forAll(
      this.#rows,
      lanes,
      async ({ address }, number) => {
        const made = foldersInTheEnd(number, this.#shape);
        for (const side of ['source', 'target'] as const)
          await compareMailbox(this.#sides[side], side, address, made, findings);
      },
      tick,
    );
    return findings;
  }

  /** Times `work` and says now and then how far it is. */
  async #phase<Answer>(
    name: string,
    work: (tick: (done: number, more?: string) => void) => Promise<Answer>,
    all = this.#options.mailboxes,
  ): Promise<{ readonly answer: Answer; readonly seconds: number }> {
    const { say } = this.#options;
    const before = this.#counter.read();
    const began = performance.now();
    let last = { at: began, done: 0 };
    const answer = await work((done, more = '') => {
      const now = performance.now();
      if (now - last.at < sayEveryMs) return;
      const rate = ((done - last.done) / (now - last.at)) * 1000;
      say(`  ${name}: ${done} of ${all}, ${rate.toFixed(1)}/s${more === '' ? '' : `; ${more}`}`);
      last = { at: now, done };
    });
    const seconds = (performance.now() - began) / 1000;
    const after = this.#counter.read();
    const used = (party: Party): number => after[party] - before[party];
    const cpu = { client: used('client'), source: used('source'), target: used('target'), database: used('database') };
    const phase = { name, seconds, perSecond: all / seconds, cpu };
    this.#phases.push(phase);
    say(lineOf(phase));
    return { answer, seconds };
  }
}

/** What Godwit itself says of the evening afterwards. */
async function toldOf(godwit: EveningGodwit): Promise<Pick<Evening, 'interrupted' | 'isAuditIntact'>> {
  const { mailboxes } = await verb<{ readonly mailboxes: readonly { readonly interruptedMs: number | null }[] }>(
    godwit,
    ['report', 'wave', 'evening'],
    [0, 3],
  );
  const { intact } = await verb<{ readonly intact: boolean }>(godwit, ['audit', 'verify'], [0, 3]);
  const times = mailboxes.map(({ interruptedMs }) => (interruptedMs ?? 0) / 1000).toSorted((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { interrupted: { median: at(0.5), p99: at(0.99), longest: at(1) }, isAuditIntact: intact };
}

const dayMs = 24 * 3_600_000;

/** From the whole minute before `at` on, for half a day, as people write it. */
function windowFrom(at: number): string {
  const text = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
  return `${text(at)}/${text(at + dayMs / 2)}`;
}

const standstillMs = 10 * 60_000;
const sayEveryMs = 10_000;
