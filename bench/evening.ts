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
import { appendParts, fill } from './append.ts';
import { type CpuCounter, openCpuCounter, type Party } from './cpu.ts';
import { type EstateFiles, MadeEstate, writeEstate } from './estate-generator.ts';
import { compareMailbox, type Findings, isWell, nothingFound } from './evening-compare.ts';
import { type EveningGodwit, prepared, type Serving, Stand, standNow, startServing, verb } from './evening-godwit.ts';
import { changesOf, type EveningShape, flagOfPeople, foldersInTheEnd, foldersOf, isChanged } from './evening-mail.ts';
import { forAll, serversAre, type Sides, signedIn, startSides } from './evening-servers.ts';
import { quoted } from './raw-imap.ts';
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
}

export interface Phase {
  readonly name: string;
  readonly seconds: number;
  readonly perSecond: number;
  /** CPU seconds. */
  readonly cpu: Readonly<Record<Party, number>>;
}

export interface Evening {
  readonly mailboxes: number;
  readonly phases: readonly Phase[];
  readonly switchMinutes: number;
  readonly blocked: number;
  readonly peakRssBytes: number;
  /** For so long nobody could have worked in a mailbox, as `godwit report wave` tells of each: seconds. */
  readonly interrupted: { readonly median: number; readonly p99: number; readonly longest: number };
  readonly isAuditIntact: boolean;
  readonly findings: Findings;
  readonly isWell: boolean;
}

/** As many as an evening of the programme that this is named after. */
export const eveningMailboxes = 22_000;
const organisationsMost = 300;
/** An evening's 22,000 are to be switched in half an hour, a weekend's 83,000 in two. */
const switchMinutesMax = (mailboxes: number): number => (mailboxes > 40_000 ? 120 : 30);
const rssMax = 300e6;
/** Octets on disk of a mailbox on both sides, besides its messages, and of the database for it. */
const besidesMail = 600_000;
const octetsOfMessage = 8_500;
/** Connections of the bench's own, for seeding and reading. */
const lanes = 6;

export async function runEvening(options: EveningOptions): Promise<Evening> {
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
    return await new Run(options, folder, sides, counter).toTheEnd();
  } finally {
    process.off('exit', clean);
    clean();
  }
}

/** Throws where the disk cannot hold it. */
function seeRoom(folder: string, { mailboxes, messagesMin, messagesMax }: EveningOptions): void {
  const needed = mailboxes * (besidesMail + (messagesMin + messagesMax) * octetsOfMessage);
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
    await this.#phase('seed the source', (tick) => this.#seed(tick));
    const connections = atOnce * 2;
    const godwit = prepared(this.#folder, this.#sides, { atOnce, connections, followEvery });
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
      await this.#phase('changes by people', (tick) => this.#change(tick), changed);
      const { seconds } = await this.#phase('switch', async (tick) => {
        // Everybody is there, so the evening is today.
        await verb(godwit, ['wave', 'reschedule', 'evening', '--window', windowFrom(Date.now())]);
        await this.#until(godwit, serving, (stand) => stand.in('settled'), tick);
      });
      const stand = await standNow(godwit);
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
        isWell: isWell(findings) && stand.in('settled') === mailboxes && code === 0 && told.isAuditIntact,
      };
    } finally {
      await serving.stop();
    }
  }

  /** The three files of the estate, with the sizes that the mailboxes really have. */
  async #files(): Promise<EstateFiles> {
    const rows = this.#rows.map((row, number) => {
      const messages = foldersOf(number, this.#shape).flatMap((each) => each.messages);
      return { ...row, items: messages.length, sizeBytes: messages.reduce((sum, each) => sum + each.sizeBytes, 0) };
    });
    return await writeEstate(
      {
        organisations: this.#estate.organisations,
        mailboxes: () => rows.values(),
        grants: () => this.#estate.grants(),
      },
      this.#folder,
    );
  }

  async #seed(tick: (done: number) => void): Promise<void> {
    await forAll(
      this.#rows,
      lanes,
      async ({ address }, number) => {
        await using imap = await signedIn(this.#sides.source, address);
        const folders = foldersOf(number, this.#shape);
        await fill(
          imap,
          folders.map(({ path, subscribed, messages }) => ({
            path,
            subscribed,
            commands: messages.length === 0 ? [] : [appendParts(messages)],
          })),
        );
      },
      tick,
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

  /** What people do: mail arrives, is flagged, and is thrown away. */
  async #change(tick: (done: number) => void): Promise<void> {
    const changed = this.#rows.flatMap(({ address }, number) => (isChanged(number) ? [{ address, number }] : []));
    await forAll(
      changed,
      lanes,
      async ({ address, number }) => {
        await using imap = await signedIn(this.#sides.source, address);
        for (const { path, added, flagged, removed } of changesOf(number, this.#shape)) {
          const uids = (places: readonly number[]): string => places.map((place) => place + 1).join(',');
          await imap.ask(`SELECT ${quoted(path)}`);
          if (flagged.length > 0) await imap.ask(`UID STORE ${uids(flagged)} +FLAGS.SILENT (${flagOfPeople})`);
          if (removed.length > 0) {
            await imap.ask(`UID STORE ${uids(removed)} +FLAGS.SILENT (\\Deleted)`);
            await imap.ask('EXPUNGE');
          }
          await imap.ask(`APPEND ${quoted(path)}`, appendParts(added));
        }
      },
      tick,
    );
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

function lineOf({ name, seconds, perSecond, cpu }: Phase): string {
  const number = (value: number, width: number): string => value.toFixed(1).padStart(width);
  return `${name.padEnd(18)}${number(seconds, 9)} s${number(perSecond, 9)}/s   CPU: godwit${number(cpu.client, 8)} s, postgresql${number(cpu.database, 8)} s, source${number(cpu.source, 8)} s, target${number(cpu.target, 8)} s`;
}

/** The result, for people. */
export function eveningLines({
  mailboxes,
  phases,
  switchMinutes,
  blocked,
  peakRssBytes,
  interrupted,
  isAuditIntact,
  findings,
  isWell: well,
}: Evening): readonly string[] {
  const most = switchMinutesMax(mailboxes);
  const { median, p99, longest } = interrupted;
  const { messages, bytes, lost, twice, strange, otherwise, folders, examples } = findings;
  const verdict = (good: boolean): string => (good ? 'PASS' : 'short');
  return [
    '',
    ...phases.map(lineOf),
    '',
    `switched ${mailboxes - blocked} of ${mailboxes} mailboxes in ${switchMinutes.toFixed(1)} minutes (at most ${most}): ${verdict(switchMinutes <= most && blocked === 0)}`,
    `godwit serve at its largest: ${megabytes(peakRssBytes)} (at most ${megabytes(rssMax)}): ${verdict(peakRssBytes <= rssMax)}`,
    `interrupted for: median ${median.toFixed(1)} s, 99 % within ${p99.toFixed(1)} s, longest ${longest.toFixed(1)} s; the audit log is ${isAuditIntact ? '' : 'not '}as it was written`,
    `read on both sides: ${messages} messages, ${(bytes / 1e9).toFixed(1)} GB; ${lost} lost, ${twice} twice, ${strange} strange, ${otherwise} with other flags or dates, ${folders} folders that differ`,
    ...examples.map((example) => `  ${example}`),
    well ? 'nothing lost, nothing twice, nobody left behind' : 'WRONG: see above',
  ];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
