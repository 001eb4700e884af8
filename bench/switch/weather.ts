/**
 * `npm run bench -- switch-weather`: mailboxes change sides and come back under mail and people's programs while those who take part in it
 * are killed, stopped and cut off, one case after the other. Nobody does anything about it but start again what has died.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pointFiles } from '../../labs/switch-weather-switch.ts';
import { scratchFolder } from '../servers.ts';
import type { SideName } from '#domain/platform.ts';
import { inject, type Injected, type Injector } from './mail.ts';
import { type Deed, done } from './people.ts';
import { type Findings, judge, quantile, readAll, readLogs, signInGaps } from './verdict.ts';
import type { Strike } from './weather-cases.ts';
import { bystanders, type Crew, WeatherEstate } from './weather-estate.ts';
import { startWeatherLandscape, type WeatherLandscape } from './weather-landscape.ts';
import { liveInWeather, type WeatherPeople } from './weather-people.ts';
import { type Crossing, isClean, type WeatherResult } from './weather-told.ts';
import { wrongSide } from './weather-verdict.ts';

export interface WeatherOrder extends Crew {
  /** Each with mailboxes of its own, which go there under the one and come back under the other. */
  readonly voyages: readonly { readonly there: Strike; readonly back: Strike }[];
  readonly perSecond: number;
  readonly scratch: string | null;
  readonly keep: boolean;
  readonly say: (line: string) => void;
}

const usualMs = 2_000;
/** Fewer than a wave has, so that some have yet to begin when others are struck. */
const atOnce = 2;
/** All that is to be carried or delivered is by then, or never will be. */
const settleMaxMs = 120_000;

export async function runWeather(order: WeatherOrder): Promise<WeatherResult> {
  const folder = join(resolve(order.scratch ?? scratchFolder), `switch-weather-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    await using land = await startWeatherLandscape({ folder, atOnce, announceAhead: '3s', holdMost: '20s' });
    return await new Run(order, land).toTheEnd();
  } finally {
    if (order.keep) order.say(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

class Run {
  readonly #order: WeatherOrder;
  readonly #land: WeatherLandscape;
  readonly #estate: WeatherEstate;
  /** What has to be in the mailboxes, from the beginning on. */
  readonly #mail: Injected[] = [];
  readonly #deeds: Deed[] = [];

  constructor(order: WeatherOrder, land: WeatherLandscape) {
    [this.#order, this.#land] = [order, land];
    this.#estate = new WeatherEstate(order, land);
  }

  async toTheEnd(): Promise<WeatherResult> {
    const { voyages, say } = this.#order;
    const { serve, coexist, folder } = this.#land;
    writeFileSync(pointFiles(folder).reached, '');
    const waves = voyages.map((_, number) => `voyage-${number}`);
    this.#mail.push(...(await this.#estate.seed(waves)));
    await Promise.all([serve.start(), coexist.start()]);
    for (const wave of waves) await this.#estate.start(wave);
    await this.#estate.until('the first copy', waves, 'following');
    say(`${waves.length * this.#order.mailboxesEach} mailboxes copied`);
    const crossings: Crossing[] = [];
    for (const [number, { there, back }] of voyages.entries()) {
      const wave = waves[number] as string;
      for (const [strike, to] of [[there, 'target'] as const, [back, 'source'] as const]) {
        const crossing = await this.#cross(wave, strike, to);
        crossings.push(crossing);
        say(`${strike.name}, to the ${to}: ${crossing.wrongs.length === 0 ? 'well' : 'NOT WELL'}`);
        for (const line of crossing.wrongs) say(`  ${line}`);
      }
    }
    const atLast = await this.#judge(
      this.#land.sides.source,
      waves.flatMap((wave) => this.#estate.of(wave)),
    );
    const ended = [...serve.endedByItself, ...coexist.endedByItself];
    for (const line of [...atLast.examples, ...ended]) say(line);
    const isWell = crossings.every(({ wrongs }) => wrongs.length === 0) && isClean(atLast) && ended.length === 0;
    return { crossings, atLast, isWell };
  }

  async #cross(wave: string, strike: Strike, to: SideName): Promise<Crossing> {
    const { nginx, proxy, mx, oldSide, newSide, sides, arrivals } = this.#land;
    const addresses = this.#estate.of(wave);
    const postfixes = [mx, oldSide, newSide];
    const bouncedBefore = readLogs(postfixes).bounced.length;
    const arrivedBefore = arrivals.length;
    const phase = `${wave}-${to}`;
    const door = (port: number | undefined) => ({ host: '127.0.0.1', port: port ?? 0, ca: null });
    const ways = { nginx: door(nginx.ports.imap), dovecot: door(proxy.ports.imap) };
    const people: WeatherPeople = liveInWeather(ways, addresses, bystanders, phase);
    const mail: Injector = inject(postfixes, [...addresses, ...bystanders], this.#order.perSecond, phase);
    let seconds: number;
    try {
      await sleep(usualMs);
      const began = performance.now();
      const crossed = Promise.withResolvers<void>();
      const struck = strike.strike(this.#land, wave, crossed.promise);
      const gone = this.#estate.go(wave, to).then(crossed.resolve);
      await Promise.all([struck, gone]);
      seconds = (performance.now() - began) / 1000;
      await sleep(usualMs);
    } finally {
      await Promise.all([people.stop(), mail.stop()]);
    }
    this.#mail.push(...mail.accepted);
    this.#deeds.push(...people.deeds);
    const [turned, unsettled] = [await this.#estate.turned(wave, to), await this.#estate.unsettled(wave, to)];
    const stuck = await this.#untilDelivered(postfixes);
    const findings = await this.#judge(sides[to], addresses);
    const { signIns, acts } = people;
    const wrong = wrongSide(turned, { signIns, acts, arrivals: arrivals.slice(arrivedBefore) });
    const bounced = readLogs(postfixes).bounced.slice(bouncedBefore);
    const othersLetIn = strike.cutOff ? letIn(people, strike.cutOff) : null;
    return {
      strike: strike.name,
      to,
      seconds,
      mail: mail.accepted.length,
      signIns: signIns.length,
      acts: acts.length,
      wrong: { signIns: wrong.signIns, acts: wrong.acts, arrivals: wrong.arrivals },
      findings: {
        lost: findings.lost,
        twice: findings.twice,
        astray: findings.astray,
        undone: findings.undone,
        leftBehind: findings.leftBehind,
      },
      bounced: bounced.length,
      othersLetIn,
      longestGap: quantile([...signInGaps(people).values()], 1),
      wrongs: [
        ...wrong.examples,
        ...findings.examples,
        ...bounced,
        ...unsettled,
        ...stuck,
        ...(othersLetIn === 0 ? ['the door that was cut off let nobody in'] : []),
      ],
    };
  }

  /** Until all is as it has to be: what came to the side that was left is carried within some looks. */
  async #judge(side: WeatherLandscape['sides'][SideName], addresses: readonly string[]): Promise<Findings> {
    const theirs = new Set(addresses);
    const mail = this.#mail.filter(({ to }) => theirs.has(to));
    const deeds = done(this.#deeds.filter(({ address }) => theirs.has(address)));
    for (const since = Date.now(); ; await sleep(2_000)) {
      const findings = judge(await readAll(side, addresses), mail, deeds);
      if (isClean(findings) || Date.now() - since > settleMaxMs) return findings;
    }
  }

  async #untilDelivered(postfixes: WeatherLandscape['mx'][]): Promise<readonly string[]> {
    for (const since = Date.now(); ; await sleep(500)) {
      const waiting = (await Promise.all(postfixes.map((each) => each.queue()))).flat();
      if (waiting.length === 0) return [];
      if (Date.now() - since > settleMaxMs)
        return waiting.map(({ id, recipients }) => `${id} still waits: ${JSON.stringify(recipients)}`).slice(0, 5);
      // What was put off when a server was down is tried again after minutes else.
      await Promise.all(postfixes.map((each) => each.flush()));
    }
  }
}

function letIn(
  { signIns }: WeatherPeople,
  { began, ended }: { readonly began: number; readonly ended: number },
): number {
  const theirs = signIns.filter(({ address, way }) => way === 'dovecot' && bystanders.includes(address));
  return theirs.filter((each) => each.began > began && each.ended < ended).length;
}
