/**
 * The landscape of the switch for bad weather: the doors are two processes, each asked by other mail systems. `serve` has those of the
 * MX, of the old side's Postfix and of nginx; `coexist` those of the new side's Postfix and of the Dovecot proxy, and a line of its own
 * to the database. What arrives on either side by LMTP is written down with its moment.
 */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DovecotServer } from '../../labs/dovecot.ts';
import { type DovecotProxy, startDovecotProxy } from '../../labs/dovecot-proxy.ts';
import { type NginxMail, startNginxMail } from '../../labs/nginx.ts';
import { type PostfixServer, startPostfix } from '../../labs/postfix.ts';
import { freePort } from '../../labs/server.ts';
import { startProxy } from '../../labs/tcp-proxy.ts';
import type { SideName } from '#domain/platform.ts';
import { asking, mover, nginxKey, startSide } from './landscape.ts';
import { startWeatherDatabase, type WeatherDatabase } from './weather-database.ts';
import { GodwitProcess } from './weather-process.ts';
import { type Places, type WeatherSettings, weatherSettings } from './weather-settings.ts';

/** Something that a side's server has confirmed to have stored for somebody. */
export interface Arrival {
  readonly address: string;
  readonly side: SideName;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface WeatherLandscape extends AsyncDisposable {
  readonly folder: string;
  readonly database: WeatherDatabase;
  readonly sides: Readonly<Record<SideName, DovecotServer>>;
  readonly mx: PostfixServer;
  readonly oldSide: PostfixServer;
  readonly newSide: PostfixServer;
  readonly nginx: NginxMail;
  readonly proxy: DovecotProxy;
  readonly arrivals: readonly Arrival[];
  readonly serve: GodwitProcess;
  readonly coexist: GodwitProcess;
}

export interface WeatherOptions extends WeatherSettings {
  readonly folder: string;
}

/** A proxy that has been told a side is on its way there for a while, in which the mailbox may become held. */
const awayMs = 60;

export async function startWeatherLandscape(options: WeatherOptions): Promise<WeatherLandscape> {
  const { folder } = options;
  await using ends = new AsyncDisposableStack();
  mkdirSync(folder, { recursive: true });
  const database = ends.use(await startWeatherDatabase(folder));
  const sides = {
    source: ends.use(await startSide(folder, 'source')),
    target: ends.use(await startSide(folder, 'target')),
  };
  const arrivals: Arrival[] = [];
  const lmtp = {
    source: ends.use(await heardAt(sides.source, 'source', arrivals)).port,
    target: ends.use(await heardAt(sides.target, 'target', arrivals)).port,
  };
  const imap = {
    source: ends.use(await startProxy(sides.source, { delayMs: awayMs })).port,
    target: ends.use(await startProxy(sides.target, { delayMs: awayMs })).port,
  };
  const listen = await freePlaces();
  const mx = ends.use(await startPostfix(asking('mx.lab.example', listen.serve.socketmap, 'mx')));
  const oldSide = ends.use(await startPostfix(asking('old.lab.example', listen.serve.socketmap, 'old')));
  const newSide = ends.use(await startPostfix(asking('new.lab.example', listen.coexist.socketmap, 'new')));
  const nginx = ends.use(
    await startNginxMail({
      authHttp: `http://127.0.0.1:${listen.serve.authHttp}/`,
      header: { name: 'X-Auth-Key', value: nginxKey },
      protocols: ['imap'],
      authHttpTimeoutS: 60,
    }),
  );
  const sockets = join(folder, 'sockets');
  mkdirSync(sockets);
  chmodSync(sockets, 0o777);
  const dict = join(sockets, 'dovecot');
  const proxy = ends.use(await startDovecotProxy({ dictSocket: dict }));
  const inherited = Object.entries(process.env).filter(([name]) => !/^(NODE_|npm_|GODWIT_|VITEST)/.test(name));
  const environment = {
    ...Object.fromEntries(inherited),
    SWITCH_SECRET: mover.password,
    SWITCH_NGINX_KEY: nginxKey,
    SWITCH_SOURCE_KEY: sides.source.doveadmHttp?.key ?? '',
    SWITCH_TARGET_KEY: sides.target.doveadmHttp?.key ?? '',
    GODWIT_LAB_POINTS: folder,
  };
  const settings = weatherSettings(options, { sides, imap, lmtp, mx, oldSide, newSide, listen, dict });
  const godwit = (verb: 'serve' | 'coexist', url: string): GodwitProcess => {
    const own = join(folder, verb);
    mkdirSync(own);
    writeFileSync(join(own, 'godwit.yaml'), settings[verb]);
    return new GodwitProcess(verb, own, { ...environment, DATABASE_URL: url });
  };
  const serve = ends.use(godwit('serve', database.lines.serve.url));
  const coexist = ends.use(godwit('coexist', database.lines.doors.url));
  const kept = ends.move();
  return {
    folder,
    database,
    sides,
    mx,
    oldSide,
    newSide,
    nginx,
    proxy,
    arrivals,
    serve,
    coexist,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function freePlaces(): Promise<Places['listen']> {
  const ports = await Promise.all(Array.from({ length: 5 }, () => freePort()));
  const [authHttp = 0, ...rest] = ports;
  const [first = 0, second = 0, third = 0, fourth = 0] = rest;
  return {
    serve: { socketmap: first, deliveries: second, authHttp },
    coexist: { socketmap: third, deliveries: fourth },
  };
}

/** Between everybody who delivers and the side's own LMTP: it hears who is told that something has been stored for whom. */
function heardAt({ lmtpPort }: DovecotServer, side: SideName, arrivals: Arrival[]): ReturnType<typeof startProxy> {
  if (lmtpPort === null) throw new Error('this side takes no deliveries');
  return startProxy(
    { port: lmtpPort },
    {
      toClient(chunk) {
        for (const [, address = ''] of chunk.toString('latin1').matchAll(/^250 [\d.]+ <([^>]+)> \S+ Saved/gm))
          arrivals.push({ address, side, at: Date.now() });
        return chunk;
      },
    },
  );
}
