/**
 * Sign-ins in the log of Dovecot 2.3 and 2.4, as a backend or as a proxy, from syslog or from a file of its own (`info_log_path`):
 *
 *     Nov 21 20:14:02 imap-login: Info: Login: user=<ann@x.example>, method=PLAIN, rip=192.0.2.7, lip=…, TLS, session=<dGI2IN>
 *     Nov 21 20:14:02 mail dovecot: pop3-login: Login: user=<ann>, …
 *     Nov 21 20:14:02 imap-login: Info: proxy(ann@x.example): Started proxying to 10.0.0.9:143 (0.02 secs): user=<ann@x.example>, …
 *
 * With `imap_id_log = *` clients name themselves, before they sign in or after (Dovecot 2.3.19.1, Debian 12):
 *
 *     Nov 21 20:14:02 imap-login: Info: ID sent: name=Thunderbird, version=128.3: user=<>, rip=192.0.2.7, …, session=<dGI2IN>
 *     Nov 21 20:14:03 imap(ann@x.example)<29386><dGI2IN>: Info: ID sent: name=fetchmail, version=6
 *
 * So who has signed in is told of once the client has named itself, the session has ended, or ten seconds have gone by. Refused
 * sign-ins are passed over: anybody can make them, under any name.
 */

import type { AccessLogReader, AccessLogSettings, AccessLogState, LineRead } from './access-log.ts';
import { LogClock } from './access-log-time.ts';
import { sightingIn, Waiting } from './access-log-waiting.ts';
import type { TailProtocol, TailSighting } from './tail-sighting.ts';

const waitsMostMs = 10_000;

/** With the host and `dovecot:` of syslog, or without. */
const process =
  /^(?:\S{1,255} dovecot(?:\[\d+\])?: )?(?:Info: )?(?<name>[a-z\d-]{1,40})(?<whose>[(<][^:]*)?: (?:Info: )?/;
const signedIn =
  /^(?:Login|Logged in|proxy\([^)]*\): [Ss]tarted proxying to [^:]+(?::\d+)?[^:]*): user=<(?<user>[^>]*)>/;
/** Greedy: what a client calls itself may look like what follows. */
const namedItself = /^ID sent: (?<id>.*?)(?:: user=<[^>]*>, .*)?$/;

const protocols: Readonly<Record<string, TailProtocol>> = {
  'imap-login': 'imap',
  'pop3-login': 'pop3',
  'managesieve-login': 'managesieve',
  'submission-login': 'submission',
};
const namesMost = 300;

interface Named {
  readonly at: number;
  readonly client: string;
}

function namedIn(value: unknown): Named | null {
  const { at, client } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof at === 'number' && typeof client === 'string' ? { at, client } : null;
}

export function dovecotLog(settings: AccessLogSettings, state: AccessLogState): AccessLogReader {
  const clock = new LogClock(settings.timezone, settings.writtenAt);
  const kept = (state ?? {}) as { readonly waiting?: unknown; readonly named?: unknown };
  const waiting = new Waiting(waitsMostMs, kept.waiting, sightingIn);
  const named = new Waiting(60 * waitsMostMs, kept.named, namedIn);

  function line(text: string, saw: (sighting: TailSighting) => void): LineRead {
    const timed = clock.syslog(text);
    if (timed === null) return 'malformed';
    const { at, rest } = timed;
    for (const sighting of waiting.overdue(at)) saw(sighting);
    for (const _ of named.overdue(at));
    const from = process.exec(rest);
    if (!from) return 'passed';
    const said = rest.slice(from[0].length);
    const protocol = protocols[from.groups?.['name'] as string];
    const session = sessionIn(said) ?? sessionOf(from.groups?.['whose']);
    if (said.startsWith('ID sent: ')) return client(said, at, session, saw);
    if (protocol === undefined) {
      const before = said.startsWith('Disconnected') && session !== null ? waiting.take(session) : null;
      if (before !== null) saw(before);
      return before === null ? 'passed' : 'read';
    }
    return login(said, at, protocol, session, saw);
  }

  function client(said: string, at: number, session: string | null, saw: (sighting: TailSighting) => void): LineRead {
    const id = namedItself.exec(said)?.groups?.['id'];
    if (id === undefined || session === null) return 'passed';
    const name = nameIn(id);
    const before = waiting.take(session);
    if (before !== null) saw({ ...before, client: name });
    else named.put(session, { at, client: name });
    return 'read';
  }

  function login(
    said: string,
    at: number,
    protocol: TailProtocol,
    session: string | null,
    saw: (sighting: TailSighting) => void,
  ): LineRead {
    const found = signedIn.exec(said);
    if (!found) return /^(?:Login|Logged in): /.test(said) ? 'malformed' : 'passed';
    const user = found.groups?.['user'] as string;
    if (user === '') return 'passed';
    const ip = /, rip=([\da-fA-F:.]{2,45})(?:,|$)/.exec(said)?.[1] ?? null;
    const before = session === null ? null : named.take(session);
    const sighting: TailSighting = {
      at,
      door: 'dovecot',
      side: settings.side,
      protocol,
      name: user.slice(0, namesMost),
      client: before?.client ?? null,
      ip,
      host: null,
    };
    if (session === null || before !== null || protocol !== 'imap') saw(sighting);
    else waiting.put(session, sighting);
    return 'read';
  }

  return {
    line,
    rest(saw) {
      for (const sighting of waiting.rest()) saw(sighting);
    },
    state: () => ({ waiting: waiting.entries(), named: named.entries() }),
  };
}

function sessionIn(said: string): string | null {
  return /, session=<([^>]{1,128})>/.exec(said)?.[1] ?? null;
}

/** `(ann@x.example)<29386><dGI2IN>`. */
function sessionOf(whose: string | undefined): string | null {
  return /<([^<>]{1,128})>$/.exec(whose ?? '')?.[1] ?? null;
}

/** `name=Thunderbird, version=128.3`, as far as it names a program and its version. */
function nameIn(id: string): string {
  const name = /(?:^|, )name=([^,]{1,100})/.exec(id)?.[1] ?? '';
  const version = /(?:^|, )version=([^,]{1,40})/.exec(id)?.[1];
  return version === undefined ? name : `${name}/${version}`;
}
