/** The two godwit.yaml of the bad weather: of `serve` with its doors, and of the doors that are a process of their own. */

import type { DovecotServer } from '../../labs/dovecot.ts';
import type { PostfixServer } from '../../labs/postfix.ts';
import { type SideName, sideNames } from '#domain/platform.ts';
import { mover } from './landscape.ts';

export interface WeatherSettings {
  readonly atOnce: number;
  readonly announceAhead: string;
  readonly holdMost: string;
}

/** Who is where. */
export interface Places {
  readonly sides: Readonly<Record<SideName, DovecotServer>>;
  /** By which people's proxies come to each side, some way off. */
  readonly imap: Readonly<Record<SideName, number>>;
  /** By which mail comes to each side. */
  readonly lmtp: Readonly<Record<SideName, number>>;
  readonly mx: PostfixServer;
  readonly oldSide: PostfixServer;
  readonly newSide: PostfixServer;
  readonly listen: {
    readonly serve: { readonly socketmap: number; readonly deliveries: number; readonly authHttp: number };
    readonly coexist: { readonly socketmap: number; readonly deliveries: number };
  };
  /** The socket that the Dovecot proxy asks. */
  readonly dict: string;
}

export function weatherSettings(
  settings: WeatherSettings,
  places: Places,
): Readonly<Record<'serve' | 'coexist', string>> {
  const common = ['database: env:DATABASE_URL', ...platforms(settings, places), 'doors:', ...behind(places)];
  return {
    serve: [...common, ...doorsOfServe(places), ''].join('\n'),
    coexist: [...common, ...doorsOfCoexist(places), ''].join('\n'),
  };
}

function platforms({ atOnce, announceAhead, holdMost }: WeatherSettings, { sides }: Places): readonly string[] {
  return [
    ...sideNames.flatMap((name) => [
      `${name}:`,
      `  url: imap+plain://127.0.0.1:${sides[name].port}`,
      `  admin: ${mover.name}`,
      '  secret: env:SWITCH_SECRET',
      '  sessions:',
      `    url: ${sides[name].doveadmHttp?.url}`,
      `    key: env:SWITCH_${name.toUpperCase()}_KEY`,
      `  budget: { connections: ${atOnce * 3}, connections-per-mailbox: 3 }`,
    ]),
    `workers: { at-once: ${atOnce} }`,
    'follow-every: 30s',
    // The proxies are 120 ms of round trip away from the servers behind them.
    `switching: { announce-ahead: ${announceAhead}, hold-most: ${holdMost}, sign-in-passage-ms: 1500 }`,
    // What people move on the old side is not to lie in both places on the new.
    'delete: true',
    'listen: "off"',
  ];
}

function behind({ imap, lmtp }: Places): readonly string[] {
  return sideNames.flatMap((name) => [
    `  ${name}:`,
    `    deliver: lmtp://127.0.0.1:${lmtp[name]}`,
    `    imap: imap+plain://127.0.0.1:${imap[name]}`,
    `    nginx-imap: 127.0.0.1:${imap[name]}`,
  ]);
}

function doorsOfServe({ lmtp, oldSide, newSide, listen }: Places): readonly string[] {
  const { socketmap, deliveries, authHttp } = listen.serve;
  return [
    '  postfix:',
    `    listen: 127.0.0.1:${socketmap}`,
    '    views:',
    view('mx', by(oldSide), by(newSide), deliveries),
    view('old', home(lmtp.source), by(newSide), deliveries),
    `  deliveries: { listen: '127.0.0.1:${deliveries}' }`,
    `  nginx: { listen: '127.0.0.1:${authHttp}', key: env:SWITCH_NGINX_KEY, sign-ins-per-minute: 100000 }`,
  ];
}

function doorsOfCoexist({ lmtp, oldSide, listen, dict }: Places): readonly string[] {
  const { socketmap, deliveries } = listen.coexist;
  return [
    '  postfix:',
    `    listen: 127.0.0.1:${socketmap}`,
    '    views:',
    view('new', by(oldSide), home(lmtp.target), deliveries),
    `  deliveries: { listen: '127.0.0.1:${deliveries}' }`,
    `  dovecot: { listen: 'unix:${dict}' }`,
  ];
}

function view(name: string, source: string, target: string, deliveries: number): string {
  return `      - { name: ${name}, source: '${source}', target: '${target}', moving: 'lmtp:inet:127.0.0.1:${deliveries}' }`;
}

function by({ port }: PostfixServer): string {
  return `smtp:[127.0.0.1]:${port}`;
}

function home(lmtpPort: number): string {
  return `lmtp:inet:127.0.0.1:${lmtpPort}`;
}
