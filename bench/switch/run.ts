/**
 * `npm run bench -- switch`: mailboxes change sides while mail keeps coming and people's programs go on working, there and back again;
 * then everything is read by somebody else.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DovecotServer } from '../../labs/dovecot.ts';
import { appendParts, fill } from '../append.ts';
import { verb } from '../evening-godwit.ts';
import { forAll } from '../evening-servers.ts';
import { quoted, RawImap } from '../raw-imap.ts';
import { scratchFolder } from '../servers.ts';
import { generator, type MadeMessage, makeMessage, sizesOf } from '../workload.ts';
import type { EstateNow } from '#domain/estate-state.ts';
import { domain, type Landscape, password, type Running, startLandscape } from './landscape.ts';
import { inject, type Injector } from './mail.ts';
import { type Deed, liveThrough, type People } from './people.ts';
import { type Findings, judge, median, quantile, readAll, readLogs, signInGaps } from './verdict.ts';

export interface SwitchOptions {
  readonly mailboxes: number;
  readonly messagesMin: number;
  readonly messagesMax: number;
  /** Of them so many with 20,000 messages and 1 GB. */
  readonly large: number;
  readonly perSecond: number;
  readonly programs: number;
  readonly atOnce: number;
  readonly announceAhead: string;
  /** So long everything goes on as usual before anybody moves, and after. */
  readonly usualMs: number;
  readonly afterwardsMs: number;
  readonly scratch: string | null;
  readonly keep: boolean;
  readonly say: (line: string) => void;
}

export interface SwitchResult {
  readonly switchMinutes: number;
  readonly backMinutes: number;
  readonly there: Part;
  readonly back: Part;
  readonly isWell: boolean;
}

interface Part {
  readonly injected: number;
  readonly deeds: number;
  readonly bounced: number;
  readonly findings: Findings;
  /** Seconds: by our own stamps for all; by sign-ins and deliveries for those that were tried. */
  readonly stamps: readonly [median: number, p99: number, longest: number];
  readonly signIns: readonly [median: number, p99: number, longest: number];
  readonly deliveries: readonly [median: number, p99: number, longest: number];
}

/** As many as are asked for of it. */
export const switchMailboxes = 300;

/** The result for people. */
export function switchLines(result: SwitchResult): readonly string[] {
  const three = ([middle, p99, longest]: Part['stamps']): string =>
    `${middle.toFixed(1)} / ${p99.toFixed(1)} / ${longest.toFixed(1)} s`;
  const part = (
    name: string,
    minutes: number,
    { injected, deeds, bounced, findings, ...times }: Part,
  ): readonly string[] => [
    `${name}: ${minutes.toFixed(1)} min; ${injected} messages injected, ${deeds} acts of programs acknowledged`,
    `  ${findings.lost} lost, ${findings.twice} twice, ${findings.astray} astray, ${bounced} bounced, ${findings.undone} acts undone`,
    `  interrupted (median / 99 % / longest), by our stamps ${three(times.stamps)}, sign-ins ${three(times.signIns)}, deliveries ${three(times.deliveries)}`,
  ];
  return [
    ...part('there', result.switchMinutes, result.there),
    ...part('back', result.backMinutes, result.back),
    result.isWell ? 'all is well' : 'NOT WELL',
  ];
}

export async function runSwitch(options: SwitchOptions): Promise<SwitchResult> {
  const folder = join(resolve(options.scratch ?? scratchFolder), `switch-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const { atOnce, announceAhead } = options;
    await using land = await startLandscape({ folder, atOnce, followEvery: '30s', announceAhead });
    return await new Run(options, land).toTheEnd();
  } finally {
    if (options.keep) options.say(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

class Run {
  readonly #options: SwitchOptions;
  readonly #land: Landscape;
  readonly #addresses: readonly string[];
  readonly #godwit: { readonly folder: string; readonly environment: NodeJS.ProcessEnv };

  constructor(options: SwitchOptions, land: Landscape) {
    this.#options = options;
    this.#land = land;
    this.#addresses = Array.from({ length: options.mailboxes }, (_, i) => `m${i}@${domain}`);
    this.#godwit = { folder: land.folder, environment: land.environment };
  }

  async toTheEnd(): Promise<SwitchResult> {
    const { say, mailboxes } = this.#options;
    await this.#timed('seed', () => this.#seed());
    await this.#import();
    const serving: Running = await this.#land.start('serve');
    try {
      const tomorrow = windowFrom(Date.now() + dayMs);
      await verb(this.#godwit, ['wave', 'create', 'evening', '--window', tomorrow]);
      await verb(this.#godwit, ['wave', 'start', 'evening']);
      await this.#timed('first copy', () => this.#until((now) => standing(now, 'following') >= mailboxes));
      const there = await this.#timed('switch', () =>
        this.#under('there', this.#land.target, async () => {
          await verb(this.#godwit, ['wave', 'reschedule', 'evening', '--window', windowFrom(Date.now())]);
          await this.#until((now) => standing(now, 'settled') >= mailboxes);
        }),
      );
      const back = await this.#timed('go back', () =>
        this.#under('back', this.#land.source, async () => {
          await verb(this.#godwit, ['wave', 'go-back', 'evening', '--why', 'the bench wants to see it']);
          await this.#until((now) => standing(now, 'following') >= mailboxes);
        }),
      );
      const isWell = [there.answer, back.answer].every(
        ({ findings, bounced }) => bounced + findings.lost + findings.twice + findings.astray + findings.undone === 0,
      );
      return {
        switchMinutes: there.seconds / 60,
        backMinutes: back.seconds / 60,
        there: there.answer,
        back: back.answer,
        isWell,
      };
    } finally {
      await serving.kill('SIGTERM');
      say(`serve ended; its log is ${join(this.#land.folder, 'serve.log')}`);
    }
  }

  /** Mail keeps coming and programs go on working while `move` is done, and for a while before and after; then `side` is read. */
  async #under(phase: string, side: DovecotServer, move: () => Promise<void>): Promise<Part> {
    const { perSecond, programs } = this.#options;
    const { mx, oldSide, newSide, nginx, proxy } = this.#land;
    const postfixes = [mx, oldSide, newSide];
    const doors = [nginx, proxy].map(({ ports }) => ({ host: '127.0.0.1', port: ports.imap ?? 0, ca: null }));
    const people: People = liveThrough(doors, this.#addresses.slice(0, programs), phase);
    const mail: Injector = inject(postfixes, this.#addresses, perSecond, phase);
    const began = Date.now();
    try {
      await sleep(this.#options.usualMs);
      await move();
      await sleep(this.#options.afterwardsMs);
    } finally {
      await Promise.all([people.stop(), mail.stop()]);
    }
    await this.#untilDelivered(postfixes);
    // What programs did in the last moment, and what came to the side that was left, is carried within a look or two.
    await sleep(this.#options.afterwardsMs);
    const held = await readAll(side, this.#addresses);
    const findings = judge(held, mail.accepted, done(people.deeds));
    const { bounced, secondsOf } = readLogs(postfixes);
    const arrivals = mail.accepted
      .filter(({ at }) => at > began)
      .map(({ id, to }) => [to, secondsOf.get(id) ?? 0] as const);
    const usual = median(arrivals.map(([, seconds]) => seconds));
    const slowest = new Map<string, number>();
    for (const [to, seconds] of arrivals) slowest.set(to, Math.max(slowest.get(to) ?? 0, seconds - usual));
    for (const refused of mail.refused.slice(0, 5)) this.#options.say(`  not taken: ${refused}`);
    for (const example of [...findings.examples, ...bounced.slice(0, 5)]) this.#options.say(`  ${example}`);
    this.#options.say(`  ${mail.refused.length} not taken, ${people.cut()} sessions cut`);
    return {
      injected: mail.accepted.length,
      deeds: people.deeds.length,
      bounced: bounced.length,
      findings,
      stamps: quantiles(await this.#stamps()),
      signIns: quantiles([...signInGaps(people).values()]),
      deliveries: quantiles([...slowest.values()]),
    };
  }

  async #stamps(): Promise<readonly number[]> {
    const { mailboxes } = await verb<{ readonly mailboxes: readonly { readonly interruptedMs: number | null }[] }>(
      this.#godwit,
      ['report', 'wave', 'evening'],
      [0, 3],
    );
    return mailboxes.map(({ interruptedMs }) => (interruptedMs ?? 0) / 1000);
  }

  async #untilDelivered(
    postfixes: readonly { queue(): Promise<readonly unknown[]>; flush(): Promise<void> }[],
  ): Promise<void> {
    for (const since = Date.now(); Date.now() - since < 120_000; await sleep(1_000)) {
      const waiting = await Promise.all(postfixes.map((each) => each.queue()));
      if (waiting.every((queue) => queue.length === 0)) return;
    }
    throw new Error('mail still waits in the queues after two minutes');
  }

  async #seed(): Promise<void> {
    const { messagesMin, messagesMax, large } = this.#options;
    await forAll(
      this.#addresses,
      6,
      async (address, number) => {
        await using imap = await RawImap.open({ host: '127.0.0.1', port: this.#land.source.port, ca: null });
        await imap.signIn(address, password);
        const random = generator(number + 1);
        const isLarge = number < large;
        const count = isLarge ? 20_000 : messagesMin + Math.floor(random() * (messagesMax - messagesMin + 1));
        const sizes = isLarge
          ? sizesOf(count, 1e9)
          : Array.from({ length: count }, () => 1_000 + Math.floor(random() ** 4 * 40_000));
        const messages = sizes.map((size, i): MadeMessage => makeMessage(size, random, number * 50_000 + i));
        for (let at = 0; at < messages.length; at += 500)
          await fill(imap, [
            { path: 'INBOX', subscribed: true, commands: [appendParts(messages.slice(at, at + 500))] },
            ...(at === 0 ? [{ path: 'Archive', subscribed: true, commands: [] }] : []),
          ]);
        await imap.ask(`STATUS ${quoted('INBOX')} (MESSAGES)`);
      },
      () => undefined,
    );
  }

  async #import(): Promise<void> {
    const [organisations, mailboxes] = ['organisations.csv', 'mailboxes.csv'].map((name) =>
      join(this.#land.folder, name),
    ) as [string, string];
    writeFileSync(organisations, 'code,name,parent\nTWN,A town,\n');
    writeFileSync(
      mailboxes,
      [
        'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint',
        ...this.#addresses.map((address) => `${address},person,TWN,,,,,`),
        '',
      ].join('\n'),
    );
    await verb(this.#godwit, ['estate', 'import', '--organisations', organisations, '--mailboxes', mailboxes, '--yes']);
  }

  async #until(isSo: (now: EstateNow) => boolean): Promise<void> {
    for (const since = Date.now(); ; await sleep(1_000)) {
      const now = await verb<EstateNow>(this.#godwit, ['status'], [0, 3, 4]);
      if (isSo(now)) return;
      const blocked = now.standings.filter(({ mark }) => mark === 'blocked');
      if (blocked.length > 0 || Date.now() - since > standstillMs)
        throw new Error(`it does not come to its end: ${JSON.stringify(now.standings)}`);
    }
  }

  async #timed<Answer>(
    name: string,
    work: () => Promise<Answer>,
  ): Promise<{ readonly answer: Answer; readonly seconds: number }> {
    const began = performance.now();
    const answer = await work();
    const seconds = (performance.now() - began) / 1000;
    this.#options.say(`${name}: ${seconds.toFixed(1)} s`);
    return { answer, seconds };
  }
}

/** Of what a program did to a message several times the last counts; a flag that was set stays set. */
function done(deeds: readonly Deed[]): readonly Deed[] {
  const moved = new Set(deeds.flatMap((deed) => (deed.kind === 'moved' ? [`${deed.address} ${deed.id}`] : [])));
  return deeds.filter((deed) => deed.kind !== 'filed' || !moved.has(`${deed.address} ${deed.id}`));
}

function standing({ standings }: EstateNow, stage: string): number {
  return standings
    .filter((each) => each.stage === stage && (each.mark === null || each.mark === 'held'))
    .reduce((sum, { mailboxes }) => sum + mailboxes, 0);
}

function quantiles(seconds: readonly number[]): readonly [number, number, number] {
  return [quantile(seconds, 0.5), quantile(seconds, 0.99), quantile(seconds, 1)];
}

/** From the whole minute before `at` on, for half a day, as people write it. */
function windowFrom(at: number): string {
  const text = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
  return `${text(at)}/${text(at + dayMs / 2)}`;
}

const dayMs = 24 * 3_600_000;
const standstillMs = 15 * 60_000;
