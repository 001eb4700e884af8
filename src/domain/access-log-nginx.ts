/**
 * Sign-ins in the logs of nginx: as a mail proxy, in its error log at the level `info` (nginx 1.22, ngx_mail_log_error),
 *
 *     2026/11/21 20:14:02 [info] 812#812: *5 client logged in, client: 192.0.2.7, server: 0.0.0.0:143, login: "ann@x.example", upstream: 10.0.0.9:143
 *     2026/11/21 20:14:02 [info] 812#812: *6 client logged in, client: 192.0.2.8 using starttls, server: 0.0.0.0:587, login: "bob", upstream: 10.0.0.9:587
 *
 * and before a web server, in the `combined` access log, with the virtual host before it or without:
 *
 *     192.0.2.7 - ann@x.example [21/Nov/2026:20:14:02 +0000] "POST /EWS/Exchange.asmx HTTP/1.1" 200 812 "-" "MacOutlook/16.79"
 *
 * Which protocol a mail proxy spoke is told by the port only.
 */

import type { AccessLogReader, AccessLogSettings, LineRead } from './access-log.ts';
import { LogClock, webTime } from './access-log-time.ts';
import { deviceIn, isAnswered, isNobody, protocolOf } from './access-log-web.ts';
import type { TailProtocol, TailSighting } from './tail-sighting.ts';

const error = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d):(\d\d) \[[a-z]+\] \d+#\d+: /;
const loggedIn = /^\*\d+ client logged in(?:, client: (?<client>[^\s,]{1,80}))?.*?, server: (?<server>[^\s,]{1,255})/;
const login = /, login: "(?<login>.*?)"(?:, upstream: [^"]*)?$/;
const access =
  /^(?:(?<host>[\w.-]{1,255}):\d{1,5} )?(?<ip>[\da-fA-F:.]{2,45}) \S+ (?<user>.{1,320}?) \[(?<time>[^\]]{20,30})\] "(?<request>(?:[^"\\]|\\.)*)" (?<status>\d{3}) \S+(?: "(?:[^"\\]|\\.)*" "(?<agent>(?:[^"\\]|\\.)*)")?/;

const usualPorts: Readonly<Record<number, TailProtocol>> = {
  25: 'submission',
  110: 'pop3',
  143: 'imap',
  465: 'submission',
  587: 'submission',
  993: 'imap',
  995: 'pop3',
  4190: 'managesieve',
};

export function nginxLog(settings: AccessLogSettings): AccessLogReader {
  const clock = new LogClock(settings.timezone, settings.writtenAt);

  function line(text: string, saw: (sighting: TailSighting) => void): LineRead {
    const found = error.exec(text);
    if (found) return mail(text.slice(found[0].length), timeIn(found), saw);
    const request = access.exec(text);
    return request ? web(request.groups ?? {}, saw) : 'malformed';
  }

  function timeIn([, year, month, day, minute = '', second]: RegExpExecArray): number | null {
    return clock.at(`${year}-${month}-${day}`, minute, Number(second));
  }

  function mail(said: string, at: number | null, saw: (sighting: TailSighting) => void): LineRead {
    if (at === null) return 'malformed';
    const found = loggedIn.exec(said);
    if (!found) return 'passed';
    const name = login.exec(said)?.groups?.['login'];
    if (name === undefined || name === '') return 'malformed';
    const { client = null, server = '' } = found.groups ?? {};
    const port = Number(/:(\d{1,5})$/.exec(server)?.[1] ?? 0);
    saw({
      at,
      door: 'nginx',
      side: settings.side,
      protocol: settings.ports[port] ?? usualPorts[port] ?? 'other',
      // As it was given: nginx 1.22 escapes nothing in this log (2026-11, labs/tail.test.ts), not even quotes.
      name,
      client: null,
      ip: client === null ? null : withoutPort(client),
      host: null,
    });
    return 'read';
  }

  function web(request: Readonly<Record<string, string | undefined>>, saw: (sighting: TailSighting) => void): LineRead {
    const at = webTime(request['time'] ?? '');
    if (at === null) return 'malformed';
    const [, path = '', query = ''] =
      /^[A-Z]{3,20} ([^\s?]{1,2000})(?:\?(\S*))? HTTP\//.exec(request['request'] ?? '') ?? [];
    const protocol = protocolOf(path);
    if (protocol === null || !isAnswered(Number(request['status']))) return 'passed';
    const device = protocol === 'activesync' ? deviceIn(query) : { user: null, type: null };
    const signedIn = plain(request['user'] ?? '');
    const name = isNobody(signedIn) ? device.user : signedIn;
    if (name === null || isNobody(name)) return 'passed';
    const agent = request['agent'] ?? '-';
    saw({
      at,
      door: 'nginx',
      side: settings.side,
      protocol,
      name,
      client: agent === '-' || agent === '' ? device.type : plain(agent),
      ip: request['ip'] ?? null,
      host: request['host'] ?? null,
    });
    return 'read';
  }

  return { line, rest: () => undefined, state: () => null };
}

/** In the access log nginx writes a quote, a backslash and what is no printable ASCII as `\x22`. */
function plain(text: string): string {
  if (!text.includes('\\x')) return text;
  const octets: number[] = [];
  for (const [part] of text.slice(0, 2_000).matchAll(/\\x[\dA-F]{2}|[^\\]+|\\/g)) {
    if (part.startsWith('\\x')) octets.push(Number.parseInt(part.slice(2), 16));
    else octets.push(...Buffer.from(part));
  }
  return Buffer.from(octets).toString('utf8');
}

function withoutPort(client: string): string {
  return client.startsWith('[') ? client.replace(/\]:\d+$/, ']') : client.replace(/^([\d.]+):\d+$/, '$1');
}
