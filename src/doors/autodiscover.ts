/**
 * What mail programs ask for a person's server: Autodiscover, as XML (MS-OXDSCLI: POX) and as JSON (version 2), and autoconfig, as
 * Thunderbird asks it. It stands behind the operator's web server, which has the certificate.
 *
 * Nobody proves who they are here. So whoever is not known is told what people on the source are told, and nothing is learnt of who
 * there is; only that somebody lives on the target can be seen, as their own program must.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { SignInBackend, SignInBackends, SignInProtocol } from '#domain/door-backends.ts';
import type { DoorPlace } from '#domain/door-place.ts';
import type { SideName } from '#domain/platform.ts';
import type { RouteBook } from '#ports/routes.ts';
import { Answers, type Door } from './door.ts';
import { type Allowed, endListening, listenAt, mayCome } from './listening.ts';

export interface AutodiscoverOptions {
  readonly at: DoorPlace;
  readonly allowed: Allowed;
  readonly book: Pick<RouteBook, 'find'>;
  readonly backends: Readonly<Record<SideName, SignInBackends>>;
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
  const http = createServer(
    { maxHeaderSize: headersOctetsMax, requestTimeout: questionMaxMs, headersTimeout: questionMaxMs },
    (request, response) => void respond(request, response, options, answers),
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

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: AutodiscoverOptions,
  answers: Answers,
): Promise<void> {
  const body = request.method === 'POST' ? await bodyOf(request) : '';
  const {
    status,
    type,
    body: said,
  } = body === null ? plain(413, 'This is more than anybody asks.') : answerTo(request, body, options);
  answers.count(status === 200 ? 'answered' : status === 503 ? 'later' : 'refused');
  response.writeHead(status, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(status === 503 ? { 'Retry-After': '5' } : {}),
    ...(body === null ? { Connection: 'close' } : {}),
  });
  response.end(said);
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
    return withBackends(address, options, (backends) => ({ status: 200, type: xml, body: pox(address, backends) }));
  }
  if (path.startsWith('/autodiscover/autodiscover.json')) {
    const address =
      searchParams.get('Email') ?? decoded(pathname.slice('/autodiscover/autodiscover.json/v1.0/'.length));
    if (address === null || !isAddress(address)) return plain(400, 'This is no question of Autodiscover.');
    return json(searchParams.get('Protocol') ?? '', request);
  }
  if (path === '/mail/config-v1.1.xml' || path === '/.well-known/autoconfig/mail/config-v1.1.xml') {
    const address = searchParams.get('emailaddress') ?? '';
    if (!isAddress(address)) return plain(400, 'Whose server? ?emailaddress= says so.');
    return withBackends(address, options, (backends) => ({
      status: 200,
      type: xml,
      body: autoconfig(address, backends),
    }));
  }
  return plain(404, 'There is nothing of this name.');
}

const xml = 'application/xml; charset=utf-8';

function withBackends(
  address: string,
  { book, backends }: AutodiscoverOptions,
  answer: (backends: SignInBackends) => Answer,
): Answer {
  const found = book.find(address);
  if (found.kind === 'later') return plain(503, 'It is not certain at the moment; ask again.');
  return answer(backends[found.kind === 'home' ? found.route.side : 'source']);
}

/** Version 2 tells where version 1 is to be had; of ActiveSync and the like we have none. */
function json(protocol: string, request: IncomingMessage): Answer {
  const type = 'application/json; charset=utf-8';
  const host = /^[\w.-]+(?::\d+)?$/.exec(request.headers.host ?? '')?.[0];
  if (protocol.toLowerCase() === 'autodiscoverv1' && host !== undefined) {
    const body = { Protocol: 'AutodiscoverV1', Url: `https://${host}/autodiscover/autodiscover.xml` };
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
