/**
 * nginx as a mail proxy, a process of ours: it asks an address of the caller's (`auth_http`) for each sign-in, where the
 * mailbox of whoever signs in is. It speaks no TLS to a backend; for one that wants it there is a hop beside it, a port
 * on loopback behind which nginx' `stream` module verifies the certificate.
 */

import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inside, nobody } from './namespace.ts';
import { unpacked } from './packages.ts';
import { makeScratch, onFreePorts, removeScratch, startProcess, writeTls, type TlsWish } from './server.ts';

export type MailProtocol = 'imap' | 'pop3' | 'smtp';

export interface NginxMailOptions {
  /**
   * Whom to ask: `http://127.0.0.1:PORT/path`, or `unix:/path/of/socket:/path`, which `nobody` must be able to write to.
   */
  readonly authHttp: string;
  /** Sent with each question, so that whoever is asked knows that it is us. */
  readonly header?: { readonly name: string; readonly value: string };
  /** What it listens for; all three without a word. SMTP is submission: it wants a sign-in. */
  readonly protocols?: readonly MailProtocol[];
  /** How long it waits for an answer, in seconds. */
  readonly authHttpTimeoutS?: number;
  /** Each protocol by implicit TLS as well. */
  readonly tls?: TlsWish;
  /** How a submission server behind it learns who has signed in: by their own AUTH PLAIN, or by XCLIENT, if it trusts us. */
  readonly toSubmission?: 'auth' | 'xclient';
  /** Backends that are spoken to by TLS: each gets a port in clear text on loopback. */
  readonly hops?: readonly TlsHop[];
  /** Lines put into the `mail` block. */
  readonly extraMail?: string;
}

/** A backend behind implicit TLS, whose certificate must be good for `name` and signed by what is in `caFile`. */
export interface TlsHop {
  readonly port: number;
  readonly name: string;
  readonly caFile: string;
}

export interface NginxMail extends AsyncDisposable {
  readonly host: '127.0.0.1';
  /** In clear text, for each protocol that was asked for. */
  readonly ports: Readonly<Partial<Record<MailProtocol, number>>>;
  /** Implicit TLS; empty where it was not asked for. */
  readonly tlsPorts: Readonly<Partial<Record<MailProtocol, number>>>;
  /** Where each of `hops` is spoken to, in their order. */
  readonly hopPorts: readonly number[];
  readonly pid: number;
  readonly scratch: string;
  /** PEM of the authority that signed its own certificate. */
  readonly caFile: string | null;
  log(): Promise<string>;
  /** Ends it, and starts it again on the same ports with what it had. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts nginx and resolves when it greets. `await using` stops it. Throws `NotToBeHad` where it cannot be had. */
export async function startNginxMail(options: NginxMailOptions): Promise<NginxMail> {
  const tree = await unpacked('nginx');
  const scratch = await makeScratch('nginx');
  await chmod(scratch, 0o755);
  const protocols = options.protocols ?? ['imap', 'pop3', 'smtp'];
  const [first] = protocols;
  if (first === undefined) throw new Error('a mail proxy with no protocol to speak');
  const tls = await writeTls(options.tls, scratch);
  const configFile = join(scratch, 'nginx.conf');
  const logFile = join(scratch, 'error.log');
  const log = (): Promise<string> => readFile(logFile, 'utf8');
  const hops = options.hops ?? [];

  return onFreePorts(2 * protocols.length + hops.length, async (free) => {
    const ports = byProtocol(protocols, free);
    const tlsPorts = tls === null ? {} : byProtocol(protocols, free.slice(protocols.length));
    const hopPorts = free.slice(2 * protocols.length);
    const servers = [
      ...protocols.map((protocol) => mailServer(protocol, ports[protocol] as number, '')),
      ...(tls === null ? [] : protocols.map((protocol) => mailServer(protocol, tlsPorts[protocol] as number, ' ssl'))),
    ];
    await writeFile(configFile, config(options, scratch, tls, servers, hops, hopPorts));
    const argv = ['/usr/sbin/nginx', '-p', scratch, '-e', logFile, '-c', configFile];
    const tail = async (): Promise<string> => (await log().catch(() => '')).slice(-2000);
    const running = await startProcess(inside(tree, argv), ports[first] as number, tail, greetings[first]);
    return {
      host: '127.0.0.1',
      ports,
      tlsPorts,
      hopPorts,
      get pid() {
        return running.pid;
      },
      scratch,
      caFile: tls?.ca ?? null,
      log,
      stop: () => running.stop(),
      start: () => running.start(),
      async [Symbol.asyncDispose]() {
        await running.stop();
        await removeScratch(scratch);
      },
    };
  });
}

const greetings = { imap: '* OK', pop3: '+OK', smtp: '220 ' } as const satisfies Record<MailProtocol, string>;

function byProtocol(
  protocols: readonly MailProtocol[],
  ports: readonly number[],
): Readonly<Partial<Record<MailProtocol, number>>> {
  return Object.fromEntries(protocols.map((protocol, nth) => [protocol, ports[nth] as number]));
}

function config(
  options: NginxMailOptions,
  scratch: string,
  tls: { readonly certificate: string; readonly key: string } | null,
  servers: readonly string[],
  hops: readonly TlsHop[],
  hopPorts: readonly number[],
): string {
  const { header } = options;
  return `
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
worker_processes 1;
pid ${scratch}/nginx.pid;
error_log ${scratch}/error.log info;
${process.getuid?.() === 0 ? `user ${nobody.name} ${nobody.group};` : ''}
events {
  worker_connections 8192;
}
mail {
  server_name proxy.lab.example;
  auth_http ${options.authHttp};
  auth_http_timeout ${options.authHttpTimeoutS ?? 60}s;
  ${header === undefined ? '' : `auth_http_header ${header.name} "${header.value}";`}
  proxy on;
  proxy_pass_error_message on;
  proxy_smtp_auth ${options.toSubmission === 'xclient' ? 'off' : 'on'};
  smtp_auth login plain;
  pop3_auth plain;
  imap_auth plain login;
  xclient ${options.toSubmission === 'xclient' ? 'on' : 'off'};
  imap_capabilities IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE;
  ${tls === null ? '' : `ssl_certificate ${tls.certificate};\n  ssl_certificate_key ${tls.key};`}
${options.extraMail ?? ''}
${servers.join('\n')}
}
${hops.length === 0 ? '' : `stream {\n${hops.map((hop, nth) => hopServer(hop, hopPorts[nth] as number)).join('\n')}\n}`}
`;
}

function mailServer(protocol: MailProtocol, port: number, more: '' | ' ssl'): string {
  return `  server {\n    listen 127.0.0.1:${port}${more};\n    protocol ${protocol};\n  }`;
}

/** What an operator writes for a backend elsewhere: without `proxy_ssl_verify` nginx would trust anybody. */
function hopServer({ port, name, caFile }: TlsHop, at: number): string {
  return `  server {
    listen 127.0.0.1:${at};
    proxy_pass 127.0.0.1:${port};
    proxy_timeout 1h;
    proxy_ssl on;
    proxy_ssl_server_name on;
    proxy_ssl_name ${name};
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 3;
    proxy_ssl_trusted_certificate ${caFile};
  }`;
}
