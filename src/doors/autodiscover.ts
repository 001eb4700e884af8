/**
 * What mail programs ask for a person's server: Autodiscover, as XML (MS-OXDSCLI: POX) and as JSON (version 2), and autoconfig, as
 * Thunderbird asks it. It stands behind the operator's web server, which has the certificate.
 *
 * Nobody proves who they are here. So whoever is not known is told what people on the source are told; that somebody lives on the target
 * can be seen, as their own program must, and with it that there is such a mailbox: one client learns so much a minute and no more.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { SignInBackend, SignInBackends, SignInProtocol } from '#domain/door-backends.ts';
import type { DoorPlace } from '#domain/door-place.ts';
import type { SideName } from '#domain/platform.ts';
import type { RouteBook } from '#ports/routes.ts';
import { findAddressed } from './addressed.ts';
import { Answers, type Door } from './door.ts';
import { type Allowed, endListening, listenAt, mayCome } from './listening.ts';
import { SignInRate } from './sign-in-rate.ts';

export interface AutodiscoverOptions {
  readonly at: DoorPlace;
  readonly allowed: Allowed;
  readonly book: Pick<RouteBook, 'find'>;
  readonly backends: Readonly<Record<SideName, SignInBackends>>;
  /** Where a platform has its own Autodiscover, programs of its people are sent there. */
  readonly elsewhere: Readonly<Record<SideName, string | null>>;
  /** By one client, where the web server tells its address. */
  readonly questionsPerMinute: number;
}

const connectionsMax = 1_000;
/** A question of Outlook has some six hundred. */
const bodyOctetsMax = 8_192;
const headersOctetsMax = 8_192;
const questionMaxMs = 10_000;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Throws `listen.unusable`. */
export async function openAutodiscover(options: AutodiscoverOptions): Promise<Door> {
  const answers = new Answers();
  const rate = new SignInRate(options.questionsPerMinute);
  const http = createServer(
    { maxHeaderSize: headersOctetsMax, requestTimeout: questionMaxMs, headersTimeout: questionMaxMs },
    (request, response) => void respond(request, response, { ...options, answers, rate }),
  );
  http.maxConnections = connectionsMax;
  const sockets = new Set<Socket>();
  http.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    if (!mayCome(socket, options.at, options.allowed)) socket.destroy();
  });
  http.on('clientError', (_error, socket) => socket.destroy());
  const at = await listenAt(http, options.at);
  return { serves: 'mail programs', at, answers, [Symbol.asyncDispose]: () => endListening(http, sockets) };
}

interface Parts extends AutodiscoverOptions {
  readonly answers: Answers;
  readonly rate: SignInRate;
}

async function respond(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  const body = request.method === 'POST' ? await bodyOf(request) : '';
  const { status, type, body: said } = answerWithin(request, body, parts);
  parts.answers.count(counted[status] ?? 'refused');
  response.writeHead(status, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(status === 503 || status === 429 ? { 'Retry-After': '5' } : {}),
    ...(body === null ? { Connection: 'close' } : {}),
  });
  response.end(said);
}

const counted: Readonly<Record<number, string>> = { 200: 'answered', 429: 'too many', 503: 'later' };

function answerWithin(request: IncomingMessage, body: string | null, parts: Parts): Answer {
  const client = clientOf(request);
  // Of a client that is not told, all would count as one.
  if (client !== null && !parts.rate.take(client)) return plain(429, 'Too many questions; ask again in a minute.');
  return body === null ? plain(413, 'This is more than anybody asks.') : answerTo(request, body, parts);
}

/** As the web server before us tells it, which adds its own word at the end; whatever stands before that anybody may have written. */
function clientOf({ headers }: IncomingMessage): string | null {
  const said = [headers['x-forwarded-for'] ?? ''].flat().join(',');
  const last = said.slice(said.lastIndexOf(',') + 1).trim();
  return isIP(last) === 0 ? null : last;
}

function answerTo(request: IncomingMessage, body: string, options: AutodiscoverOptions): Answer {
  const host = 'http://localhost';
  if (!URL.canParse(request.url ?? '', host)) return plain(400, 'This is no question.');
  const { pathname, searchParams } = new URL(request.url as string, host);
  const path = pathname.toLowerCase();
  if (path === '/autodiscover/autodiscover.xml') {
    if (request.method !== 'POST') return plain(405, 'This is asked by POST.');
    const address = addressInPox(body);
    if (address === null) return plain(400, 'This is no question of Autodiscover.');
    return forSide(address, options, ({ backends, elsewhere }) => {
      if (elsewhere === null && !hasAny(backends)) return nothingThisWay;
      return { status: 200, type: xml, body: elsewhere === null ? pox(address, backends) : redirect(elsewhere) };
    });
  }
  if (path.startsWith('/autodiscover/autodiscover.json')) {
    const address =
      searchParams.get('Email') ?? decoded(pathname.slice('/autodiscover/autodiscover.json/v1.0/'.length));
    if (address === null || !isAddress(address)) return plain(400, 'This is no question of Autodiscover.');
    return forSide(address, options, ({ elsewhere }) =>
      json(searchParams.get('Protocol') ?? '', elsewhere, request.headers.host),
    );
  }
  if (path === '/mail/config-v1.1.xml' || path === '/.well-known/autoconfig/mail/config-v1.1.xml') {
    const address = searchParams.get('emailaddress') ?? '';
    if (!isAddress(address)) return plain(400, 'Whose server? ?emailaddress= says so.');
    return forSide(address, options, ({ backends }) =>
      hasAny(backends) ? { status: 200, type: xml, body: autoconfig(address, backends) } : nothingThisWay,
    );
  }
  return plain(404, 'There is nothing of this name.');
}

const xml = 'application/xml; charset=utf-8';

const nothingThisWay = plain(404, 'There is no server that could be told this way.');

interface ToldOfSide {
  readonly backends: SignInBackends;
  readonly elsewhere: string | null;
}

function forSide(
  address: string,
  { book, backends, elsewhere }: AutodiscoverOptions,
  answer: (told: ToldOfSide) => Answer,
): Answer {
  const { found } = findAddressed(book, address);
  if (found.kind === 'later') return plain(503, 'It is not certain at the moment; ask again.');
  const side = found.kind === 'home' ? found.route.side : 'source';
  return answer({ backends: backends[side], elsewhere: elsewhere[side] });
}

function hasAny(backends: SignInBackends): boolean {
  return Object.values(backends).some((backend) => backend !== undefined);
}

/** Version 2 tells where version 1 is to be had, ours or the platform's own; of ActiveSync and the like we have none. */
function json(protocol: string, elsewhere: string | null, asked: string | undefined): Answer {
  const type = 'application/json; charset=utf-8';
  const host = /^[\w.-]+(?::\d+)?$/.exec(asked ?? '')?.[0];
  const url = elsewhere ?? (host === undefined ? null : `https://${host}/autodiscover/autodiscover.xml`);
  if (protocol.toLowerCase() === 'autodiscoverv1' && url !== null) {
    const body = { Protocol: 'AutodiscoverV1', Url: url };
    return { status: 200, type, body: JSON.stringify(body) };
  }
  const refused = { ErrorCode: 'ProtocolNotSupported', ErrorMessage: 'This protocol is not served here.' };
  return { status: 404, type, body: JSON.stringify(refused) };
}

/**
 * The address in a question of POX. No parser of XML is needed to find it, and none that could be made to read files or to grow:
 * whatever declares a document type is refused.
 */
function addressInPox(body: string): string | null {
  if (/<!(?:DOCTYPE|ENTITY|\[CDATA\[)/i.test(body)) return null;
  const [, text] = /<(?:[\w-]{1,40}:)?EMailAddress\s*>\s*([^<>]{3,400}?)\s*<\//.exec(body) ?? [];
  if (text === undefined) return null;
  const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  if (/&(?!(?:amp|lt|gt|quot|apos);)/.test(text)) return null;
  const address = text.replaceAll(/&(\w+);/g, (_, name: string) => named[name] as string);
  return isAddress(address) ? address : null;
}

/** As Outlook reads it for accounts of IMAP and POP. */
function pox(address: string, backends: SignInBackends): string {
  const types: Readonly<Record<SignInProtocol, string>> = { imap: 'IMAP', pop3: 'POP3', smtp: 'SMTP' };
  const protocols = each(
    backends,
    (protocol, { host, port, security }) => `
      <Protocol>
        <Type>${types[protocol]}</Type>
        <Server>${escaped(host)}</Server>
        <Port>${port}</Port>
        <LoginName>${escaped(address)}</LoginName>
        <DomainRequired>off</DomainRequired>
        <SPA>off</SPA>
        <SSL>${security === 'tls' ? 'on' : 'off'}</SSL>
        <AuthRequired>on</AuthRequired>
      </Protocol>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">
  <Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">
    <Account>
      <AccountType>email</AccountType>
      <Action>settings</Action>${protocols}
    </Account>
  </Response>
</Autodiscover>
`;
}

/** As MS-OXDSCLI has it: the program asks there, by the same address. */
function redirect(url: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">
  <Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">
    <Account>
      <AccountType>email</AccountType>
      <Action>redirectUrl</Action>
      <RedirectUrl>${escaped(url)}</RedirectUrl>
    </Account>
  </Response>
</Autodiscover>
`;
}

function autoconfig(address: string, backends: SignInBackends): string {
  const domain = address.slice(address.lastIndexOf('@') + 1);
  const servers = each(backends, (protocol, { host, port, security }) => {
    const tag = protocol === 'smtp' ? 'outgoingServer' : 'incomingServer';
    return `
    <${tag} type="${protocol}">
      <hostname>${escaped(host)}</hostname>
      <port>${port}</port>
      <socketType>${security === 'tls' ? 'SSL' : 'plain'}</socketType>
      <username>${escaped(address)}</username>
      <authentication>password-cleartext</authentication>
    </${tag}>`;
  });
  return `<?xml version="1.0" encoding="utf-8"?>
<clientConfig version="1.1">
  <emailProvider id="${escaped(domain)}">
    <domain>${escaped(domain)}</domain>
    <displayName>${escaped(domain)}</displayName>
    <displayShortName>${escaped(domain)}</displayShortName>${servers}
  </emailProvider>
</clientConfig>
`;
}

function each(backends: SignInBackends, text: (protocol: SignInProtocol, backend: SignInBackend) => string): string {
  return (['imap', 'pop3', 'smtp'] as const)
    .map((protocol) => {
      const backend = backends[protocol];
      return backend === undefined ? '' : text(protocol, backend);
    })
    .join('');
}

function escaped(text: string): string {
  const codes: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/g, (character) => codes[character] as string);
}

/** What can stand in an answer and be asked of the book; whether it is anybody's is another question. */
function isAddress(text: string): boolean {
  return text.length <= 320 && /^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(text);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function plain(status: number, says: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${says}\n` };
}

/** Null where it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let octets = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      octets += chunk.length;
      if (octets > bodyOctetsMax) return null;
      chunks.push(chunk);
    }
  } catch {
    return ''; // they have gone, and nobody hears the answer
  }
  return Buffer.concat(chunks).toString();
}
