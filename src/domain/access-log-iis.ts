/**
 * Requests in the log of the web server before Exchange (IIS, W3C extended format): its own line says which fields there are, and
 * times are UTC. A blank within a field is written as `+`.
 *
 *     #Fields: date time cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status
 *     2026-11-21 20:14:02 POST /EWS/Exchange.asmx - 443 CORP\ann 192.0.2.7 MacOutlook/16.79+(Macintosh) 200
 */

import type { AccessLogReader, AccessLogSettings, AccessLogState, LineRead } from './access-log.ts';
import { deviceIn, isAnswered, isNobody, protocolOf } from './access-log-web.ts';
import type { TailSighting } from './tail-sighting.ts';

/** IIS knows some thirty; custom ones may be added. */
const fieldsMost = 100;
const needed = ['date', 'time', 'cs-uri-stem', 'cs-username', 'sc-status'];

export function iisLog(settings: AccessLogSettings, state: AccessLogState): AccessLogReader {
  let fields = fieldsIn(state);

  function line(text: string, saw: (sighting: TailSighting) => void): LineRead {
    if (text.startsWith('#')) {
      const found = /^#Fields:\s*(.*\S)/.exec(text.replace(/^\ufeff/, ''));
      if (found) fields = fieldsIn((found[1] as string).split(/\s+/));
      // Without these nobody can be told from it: every line that follows says so.
      return 'passed';
    }
    if (fields === null || needed.some((name) => !fields?.has(name))) return 'malformed';
    const values = text.split(' ');
    if (values.length !== fields.size) return 'malformed';
    const places = fields;
    const value = (name: string): string | null => {
      const place = places.get(name);
      const found = place === undefined ? '-' : (values[place] as string);
      return found === '-' || found === '' ? null : found.replaceAll('+', ' ');
    };
    const at = Date.parse(`${value('date')}T${value('time')}Z`);
    const status = Number(value('sc-status'));
    if (Number.isNaN(at) || !Number.isInteger(status)) return 'malformed';
    const protocol = protocolOf(value('cs-uri-stem') ?? '');
    if (protocol === null || !isAnswered(status)) return 'passed';
    const query = values[places.get('cs-uri-query') ?? -1] ?? '';
    const device = protocol === 'activesync' ? deviceIn(query) : { user: null, type: null };
    const name = value('cs-username') ?? device.user;
    if (name === null || isNobody(name)) return 'passed';
    saw({
      at,
      door: 'iis',
      side: settings.side,
      protocol,
      name,
      client: value('cs(user-agent)') ?? device.type,
      // The first is the client, where a balancer has said so.
      ip: value('x-forwarded-for')?.split(/[,; ]/)[0] ?? value('c-ip'),
      host: value('cs-host') ?? value('cs(host)'),
    });
    return 'read';
  }

  return { line, rest: () => undefined, state: () => (fields === null ? null : [...fields.keys()]) };
}

/** Where each stands; without case, since people write their own. */
function fieldsIn(names: unknown): ReadonlyMap<string, number> | null {
  if (!Array.isArray(names) || names.length > fieldsMost) return null;
  const fields = names.filter((name) => typeof name === 'string');
  if (fields.length < names.length) return null;
  return new Map(fields.map((name, i) => [name.slice(0, 100).toLowerCase(), i] as const));
}
