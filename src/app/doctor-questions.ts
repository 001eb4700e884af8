/** What mail systems ask the doors of this machine, asked as they do it; each with what has to be answered. */

import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { signInProtocols } from '#domain/door-backends.ts';
import type { DoorPlace } from '#domain/door-place.ts';
import type { DoorSettings } from '#domain/door-settings.ts';
import type { SideName } from '#domain/platform.ts';
import { netstring, NetstringReader } from '#doors/netstring.ts';
import type { DoorQuestion } from '#operations/doctor-parts.ts';

const patienceMs = 10_000;
const answerOctetsMax = 100_000;

export function questionsOf(settings: DoorSettings, key: () => Promise<string>): readonly DoorQuestion[] {
  return [
    ...ofPostfix(settings),
    ...ofDeliveries(settings),
    ...ofNginx(settings, key),
    ...ofDovecot(settings),
    ...ofClients(settings),
  ];
}

function ofPostfix({ postfix }: DoorSettings): readonly DoorQuestion[] {
  if (postfix === null) return [];
  const { listen, views } = postfix;
  const ask = (map: string) => (address: string, signal: AbortSignal) => socketmap(listen, `${map} ${address}`, signal);
  const transports = views.map((view): DoorQuestion => {
    const question = view.name === '' ? 'transport' : `transport@${view.name}`;
    const expects = (side: SideName | null): string => {
      const transport = side && view[side];
      return transport === null ? 'NOTFOUND ' : `OK ${transport}`;
    };
    return { door: 'Postfix', question, expects, ask: ask(question) };
  });
  const isThere = (side: SideName | null): string => (side === null ? 'NOTFOUND ' : 'OK yes');
  return [
    ...transports,
    { door: 'Postfix', question: 'relay-recipients', expects: isThere, ask: ask('relay-recipients') },
  ];
}

function ofDeliveries({ deliveries }: DoorSettings): readonly DoorQuestion[] {
  if (deliveries === null) return [];
  return [
    {
      door: 'deliveries',
      question: 'LMTP',
      // It greets whoever comes, whoever it is about.
      expects: (side) => (side === null ? '220' : null),
      ask: async (_, signal) =>
        (await talk(deliveries.listen, '', (heard) => heard.includes('\n'), signal)).slice(0, 3),
    },
  ];
}

function ofNginx({ nginx, ...sides }: DoorSettings, key: () => Promise<string>): readonly DoorQuestion[] {
  if (nginx === null) return [];
  const protocol = signInProtocols.find((each) => sides.source.nginx[each]);
  if (protocol === undefined) return [];
  const ask = async (address: string, shownKey: string, signal: AbortSignal): Promise<string> => {
    const headers = {
      'X-Auth-Key': shownKey,
      'Auth-Method': 'plain',
      'Auth-User': encodeURIComponent(address),
      'Auth-Pass': '',
      'Auth-Protocol': protocol,
      'Auth-Login-Attempt': '1',
      'Client-IP': '127.0.0.1',
    };
    const { statusCode, headers: said } = await get(nginx.listen, '/', headers, signal);
    if (statusCode !== 200) return String(statusCode);
    const { 'auth-status': status, 'auth-server': server, 'auth-port': port } = said;
    return status === 'OK' ? `OK ${String(server)}:${String(port)}` : String(status);
  };
  const led = (side: SideName | null): string | null => {
    const place = sides[side ?? 'source'].nginx[protocol];
    // Where it signs in with credentials of ours the person's password is checked first, and none is told here.
    if (place === undefined || (side !== null && sides[side].asAdmin)) return null;
    return `OK ${place.address}:${place.port}`;
  };
  return [
    {
      door: 'nginx',
      question: `auth_http, ${protocol}`,
      expects: led,
      ask: async (address, signal) => ask(address, await key(), signal),
    },
    {
      door: 'nginx',
      question: 'auth_http without the key',
      expects: () => '403',
      ask: (address, signal) => ask(address, '', signal),
    },
  ];
}

function ofDovecot({ dovecot, ...sides }: DoorSettings): readonly DoorQuestion[] {
  if (dovecot === null) return [];
  const protocol = signInProtocols.find((each) => sides.source.signIns[each] && sides.target.signIns[each]);
  if (protocol === undefined) return [];
  return [
    {
      door: 'Dovecot',
      question: `dict, ${protocol}`,
      expects(side) {
        const place = sides[side ?? 'source'].signIns[protocol];
        return place === undefined ? null : `${place.host}:${place.port}`;
      },
      async ask(address, signal) {
        const said = `H3\t2\t0\tgodwit\tgodwit\nLshared/passdb/${protocol}/${address}\t${address}\n`;
        const line = (await talk(dovecot.listen, said, (heard) => heard.includes('\n'), signal)).split(
          '\n',
        )[0] as string;
        if (!line.startsWith('O')) return line;
        const { host, port } = JSON.parse(line.slice(1)) as { host?: unknown; port?: unknown };
        return `${String(host)}:${String(port)}`;
      },
    },
  ];
}

function ofClients({ clients, ...sides }: DoorSettings): readonly DoorQuestion[] {
  if (clients === null) return [];
  return [
    {
      door: 'mail programs',
      question: 'autoconfig, imap',
      expects: (side) => sides[side ?? 'source'].signIns.imap?.host ?? null,
      async ask(address, signal) {
        const path = `/mail/config-v1.1.xml?emailaddress=${encodeURIComponent(address)}`;
        const { statusCode, body } = await get(clients.listen, path, {}, signal);
        if (statusCode !== 200) return String(statusCode);
        return /<incomingServer type="imap">\s*<hostname>([^<]*)</.exec(body)?.[1] ?? 'no server for IMAP';
      },
    },
  ];
}

async function socketmap(at: DoorPlace, question: string, signal: AbortSignal): Promise<string> {
  let answer = '';
  let isWhole = false;
  const reader = new NetstringReader();
  let fed = 0;
  await talk(
    at,
    netstring(question),
    (heard) => {
      const more = Buffer.from(heard.slice(fed));
      fed = heard.length;
      const isSound = reader.feed(more, (octets) => {
        answer = octets.toString();
        isWhole = true;
      });
      if (!isSound) throw new Error('what it answers is no netstring');
      return isWhole;
    },
    signal,
  );
  return answer;
}

/** Says something, and gives what was heard when `isWhole` of it. */
function talk(at: DoorPlace, say: string, isWhole: (heard: string) => boolean, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = at.kind === 'unix' ? connect(at.path) : connect(at.port, at.host);
    const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    const end = (outcome: () => void): void => {
      patience.removeEventListener('abort', late);
      socket.destroy();
      outcome();
    };
    const late = (): void => end(() => reject(signal.aborted ? signal.reason : new Error('it does not answer')));
    patience.addEventListener('abort', late, { once: true });
    let heard = '';
    socket.setEncoding('latin1');
    socket.on('error', (error) => end(() => reject(error)));
    socket.on('close', () => end(() => reject(new Error('it closes the connection without an answer'))));
    socket.on('data', (text: string) => {
      heard += text;
      try {
        if (isWhole(heard)) end(() => resolve(heard));
        else if (heard.length > answerOctetsMax) end(() => reject(new Error('its answer does not end')));
      } catch (error) {
        end(() => reject(error));
      }
    });
    socket.write(say);
  });
}

function get(
  at: DoorPlace,
  path: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Pick<IncomingMessage, 'statusCode' | 'headers'> & { readonly body: string }> {
  const where = at.kind === 'unix' ? { socketPath: at.path } : { host: at.host, port: at.port };
  const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  return new Promise((resolve, reject) => {
    const asking = request({ ...where, path, headers, signal: patience, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
        if (body.length > answerOctetsMax) asking.destroy(new Error('its answer does not end'));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ statusCode: response.statusCode, headers: response.headers, body }));
    });
    asking.on('error', (error) =>
      reject(patience.aborted && !signal.aborted ? new Error('it does not answer') : error),
    );
    asking.end();
  });
}
