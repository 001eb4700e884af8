/**
 * `npm run bench -- switch`: mailboxes change sides while mail keeps coming and people's programs go on working, there and back again;
 * then everything is read by somebody else.
 */

import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EstateNow } from '#domain/estate-state.ts';
import { type EveningGodwit, verb } from '../evening-godwit.ts';
import type { Door } from '../raw-imap.ts';
import { scratchFolder } from '../servers.ts';
import { fileBehind } from './behind.ts';
import { burstPrefix, burstThrough } from './burst.ts';
import { doubt } from './doubt.ts';
import { importAll, seedAll, type Sizes } from './estate.ts';
import { interruptions } from './interruption.ts';
import { domain, type Landscape, startLandscape } from './landscape.ts';
import { inject, type Injector } from './mail.ts';
import { done, liveThrough } from './people.ts';
import { RoutesSeen } from './routes-seen.ts';
import { isWell, type Part, type SwitchResult } from './told.ts';
import { type Held, idsOf, judge, readAll, readLogs } from './verdict.ts';

export interface SwitchOptions extends Sizes {
  readonly mailboxes: number;
  readonly perSecond: number;
  readonly programs: number;
  readonly atOnce: number;
  readonly announceAheadMs: number;
  /** So long everything goes on as usual before anybody moves, and after. */
  readonly usualMs: number;
  readonly afterwardsMs: number;
  /** So many messages are handed in at once where somebody is cut by the switch. */
  readonly burst: number;
  /** So long after the switch somebody files by the name of the server that was left. */
  readonly behindAfterMs: number;
  /** So long two doors disagree. */
  readonly disagreeMs: number;
  readonly scratch: string | null;
  readonly keep: boolean;
  readonly say: (line: string) => void;
}

/** As many as are asked for of it. */
export const switchMailboxes = 300;

export async function runSwitch(options: SwitchOptions): Promise<SwitchResult> {
  const folder = join(resolve(options.scratch ?? scratchFolder), `switch-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const announceAhead = `${options.announceAheadMs / 1000}s`;
    // As it is where nobody says otherwise.
    await using land = await startLandscape({ folder, atOnce: options.atOnce, followEvery: '15m', announceAhead });
    return await new Run(options, land).toTheEnd();
  } finally {
    if (options.keep) options.say(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

type Way = Pick<Part, 'name'> & { move(): Promise<void> };

class Run {
  readonly #options: SwitchOptions;
  readonly #land: Landscape;
  readonly #ordinary: readonly string[];
  /** Whose programs are cut in the middle of much, and who is written to past the doors. */
  readonly #burst = `burst@${domain}`;
  readonly #behind = `behind@${domain}`;
  /** They change sides while doors disagree, in a wave of their own. */
  readonly #doubted = [0, 1].map((number) => `doubt${number}@${domain}`);
  readonly #godwit: EveningGodwit;
  #seeded: ReadonlyMap<string, number> = new Map();

  constructor(options: SwitchOptions, land: Landscape) {
    this.#options = options;
    this.#land = land;
    this.#ordinary = Array.from({ length: options.mailboxes }, (_, i) => `m${i}@${domain}`);
    this.#godwit = { folder: land.folder, environment: land.environment };
  }

  get #evening(): readonly string[] {
    return [...this.#ordinary, this.#burst, this.#behind];
  }

  async toTheEnd(): Promise<SwitchResult> {
    const { say } = this.#options;
    const everybody = [...this.#evening, ...this.#doubted];
    await this.#timed('seed', async () => {
      this.#seeded = await seedAll(this.#land, everybody, this.#options);
    });
    await importAll(this.#godwit, [
      { code: 'TWN', addresses: this.#evening },
      { code: 'DBT', addresses: this.#doubted },
    ]);
    const serving = await this.#land.start('serve');
    const doors = await this.#land.start('coexist');
    await using routes = await RoutesSeen.open(join(this.#land.folder, 'state'));
    try {
      const tomorrow = windowFrom(Date.now() + dayMs);
      for (const [name, code] of [
        ['evening', 'TWN'],
        ['doubt', 'DBT'],
      ] as const) {
        await verb(this.#godwit, ['wave', 'create', name, '--window', tomorrow, '--select', `organisation=${code}`]);
        await verb(this.#godwit, ['wave', 'start', name]);
      }
      await this.#timed('first copy', () => this.#until('following', everybody.length));
      const there = await this.#timed('switch', () =>
        this.#under(routes, {
          name: 'there',
          move: async () => {
            await this.#open('evening');
            await this.#until('settled', this.#evening.length);
          },
        }),
      );
      const doubted = await this.#timed('two doors that disagree', () =>
        doubt({
          land: this.#land,
          doors,
          routes,
          addresses: this.#doubted,
          seeded: this.#seededOf(this.#doubted),
          perSecond: this.#options.perSecond,
          announceAheadMs: this.#options.announceAheadMs,
          disagreeMs: this.#options.disagreeMs,
          open: () => this.#open('doubt'),
          untilDelivered: () => this.#untilDelivered(),
        }),
      );
      for (const example of doubted.findings.examples) say(`  ${example}`);
      const back = await this.#timed('go back', () =>
        this.#under(routes, {
          name: 'back',
          move: async () => {
            await verb(this.#godwit, ['wave', 'go-back', 'evening', '--why', 'the bench wants to see it']);
            await this.#until('following', this.#evening.length);
          },
        }),
      );
      const result = { there, doubt: doubted, back };
      return { ...result, isWell: isWell(result) };
    } finally {
      await doors.kill('SIGTERM');
      await serving.kill('SIGTERM');
      say(`serve ended; its log is ${join(this.#land.folder, 'serve.log')}`);
    }
  }

  /** Mail keeps coming and programs go on working while all move, and for a while before and after; then both sides are read. */
  async #under(routes: RoutesSeen, { name, move }: Way): Promise<Part> {
    const { perSecond, programs, burst: burstOf, behindAfterMs, usualMs, afterwardsMs, say } = this.#options;
    const { mx, oldSide, newSide, nginx, proxy, source, target } = this.#land;
    const [left, now, to] =
      name === 'there' ? ([source, target, 'target'] as const) : ([target, source, 'source'] as const);
    const postfixes = [mx, oldSide, newSide];
    const [byNginx, byDovecot] = [nginx, proxy].map(({ ports }) => ({
      host: '127.0.0.1',
      port: ports.imap ?? 0,
      ca: null,
    })) as [Door, Door];
    const bouncedBefore = readLogs(postfixes).bounced.length;
    const over = new AbortController();
    const people = liveThrough([byNginx, byDovecot], this.#ordinary.slice(0, programs), name);
    const mail: Injector = inject(postfixes, this.#evening, perSecond, name);
    const cut = burstThrough(name === 'there' ? byNginx : byDovecot, this.#burst, name, burstOf, routes, over.signal);
    const behindAsked = { address: this.#behind, phase: name, left, now, to, afterMs: behindAfterMs };
    const filed = fileBehind(behindAsked, routes, over.signal);
    // Heard below, whatever comes first.
    for (const each of [cut, filed]) each.catch(() => undefined);
    let [movedAt, minutes] = [0, 0];
    try {
      await sleep(usualMs);
      movedAt = Date.now();
      await move();
      minutes = (Date.now() - movedAt) / 60_000;
      await sleep(afterwardsMs);
    } finally {
      over.abort();
      await Promise.all([people.stop(), mail.stop()]);
    }
    const [burst, behind] = await Promise.all([cut, filed]);
    await this.#untilDelivered();
    // What programs did in the last moment, and what came to the side that was left, is carried within a look or two.
    await sleep(afterwardsMs);
    const held = await readAll(now, this.#evening);
    const heldBehind = await readAll(left, [this.#burst, this.#behind]);
    const cutIds = idsOf(heldBehind.get(this.#burst), (id) => id.startsWith(`${burstPrefix}${name}-`));
    const stored = [...new Set([...cutIds, ...burst.acknowledged])];
    const cameOver = behind === null ? [] : [behind];
    const findings = judge(held, mail.accepted, done(people.deeds), {
      stored: [...stored.map((id) => ({ address: this.#burst, id })), ...cameOver],
      seeded: this.#seededOf(this.#evening),
    });
    const { bounced, secondsOf } = readLogs(postfixes);
    for (const refused of mail.refused.slice(0, 5)) say(`  not taken: ${refused}`);
    for (const example of [...findings.examples, ...bounced.slice(bouncedBefore).slice(0, 5)]) say(`  ${example}`);
    say(`  ${mail.refused.length} not taken, ${people.cuts.length} sessions cut`);
    const isOn = (side: ReadonlyMap<string, Held>): boolean =>
      behind !== null && side.get(this.#behind)?.has(behind.id) === true;
    const [onSource, onTarget] = name === 'there' ? [heldBehind, held] : [held, heldBehind];
    const places = (id: string): number => held.get(this.#burst)?.get(id)?.length ?? 0;
    return {
      name,
      mailboxes: this.#evening.length,
      minutes,
      injected: mail.accepted.length,
      perSecond,
      deeds: people.deeds.length,
      cuts: people.cuts.length,
      bounced: bounced.length - bouncedBefore,
      findings,
      interruptions: interruptions({
        addresses: this.#evening,
        people,
        accepted: mail.accepted,
        secondsOf,
        stamps: await this.#stamps(),
        movedAt,
      }),
      burst: {
        address: this.#burst,
        sent: burst.sent.length,
        acknowledged: burst.acknowledged.length,
        stored: stored.length,
        found: stored.filter((id) => places(id) > 0).length,
        twice: stored.filter((id) => places(id) > 1).length,
      },
      behind: behind && {
        ...behind,
        on: [...(isOn(onSource) ? (['source'] as const) : []), ...(isOn(onTarget) ? (['target'] as const) : [])],
      },
    };
  }

  /** By Godwit's own stamps, in seconds. */
  async #stamps(): Promise<ReadonlyMap<string, number>> {
    const { mailboxes } = await verb<{
      readonly mailboxes: readonly { readonly address: string; readonly interruptedMs: number | null }[];
    }>(this.#godwit, ['report', 'wave', 'evening'], [0, 3]);
    return new Map(
      mailboxes.flatMap(({ address, interruptedMs }) =>
        interruptedMs === null ? [] : [[address, interruptedMs / 1000]],
      ),
    );
  }

  async #untilDelivered(): Promise<void> {
    const { mx, oldSide, newSide } = this.#land;
    for (const since = Date.now(); Date.now() - since < 120_000; await sleep(1_000)) {
      const waiting = await Promise.all([mx, oldSide, newSide].map((each) => each.queue()));
      if (waiting.every((queue) => queue.length === 0)) return;
    }
    throw new Error('mail still waits in the queues after two minutes');
  }

  async #open(wave: string): Promise<void> {
    await verb(this.#godwit, ['wave', 'reschedule', wave, '--window', windowFrom(Date.now())]);
  }

  async #until(stage: string, mailboxes: number): Promise<void> {
    for (const since = Date.now(); ; await sleep(1_000)) {
      const now = await verb<EstateNow>(this.#godwit, ['status'], [0, 3, 4]);
      if (standing(now, stage) >= mailboxes) return;
      const blocked = now.standings.filter(({ mark }) => mark === 'blocked');
      if (blocked.length > 0 || Date.now() - since > standstillMs)
        throw new Error(`it does not come to its end: ${JSON.stringify(now.standings)}`);
    }
  }

  #seededOf(addresses: readonly string[]): ReadonlyMap<string, number> {
    return new Map(addresses.map((address) => [address, this.#seeded.get(address) ?? 0]));
  }

  async #timed<Answer>(name: string, work: () => Promise<Answer>): Promise<Answer> {
    const began = performance.now();
    const answer = await work();
    this.#options.say(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return answer;
  }
}

function standing({ standings }: EstateNow, stage: string): number {
  return standings
    .filter((each) => each.stage === stage && (each.mark === null || each.mark === 'held'))
    .reduce((sum, { mailboxes }) => sum + mailboxes, 0);
}

/** From the whole minute before `at` on, for half a day, as people write it. */
function windowFrom(at: number): string {
  const text = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
  return `${text(at)}/${text(at + dayMs / 2)}`;
}

const dayMs = 24 * 3_600_000;
const standstillMs = 15 * 60_000;
