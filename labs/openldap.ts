/**
 * OpenLDAP as a process of ours: a directory on loopback with one suffix, whose entries can say where somebody's mail goes:
 * `mailHost` and `mailRoutingAddress` of `inetLocalMailRecipient` (in Debian's misc.schema), and `targetAddress`, which
 * Exchange has and OpenLDAP has not, in a class of ours.
 */

import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inside, runInside } from './namespace.ts';
import { unpacked } from './packages.ts';
import { makeOwned, makeScratch, onFreePorts, removeScratch, startProcess, type TlsWish, writeTls } from './server.ts';

/** Attributes by name; an attribute may have several values. `objectClass` is among them. */
export type LdapAttributes = Readonly<Record<string, string | readonly string[]>>;

export interface LdapEntry {
  readonly dn: string;
  readonly attributes: LdapAttributes;
}

export interface OpenLdapOptions {
  /** `dc=…`; the entry of that name is made by itself. Without a word `dc=corp,dc=example`. */
  readonly suffix?: string;
  /** Parents before children. */
  readonly entries?: readonly LdapEntry[];
  /** StartTLS on the same port, and LDAP by TLS on another. */
  readonly tls?: TlsWish;
  /** Lines put at the end of slapd.conf, within the database: `access to …`. */
  readonly extra?: string;
}

export interface OpenLdapServer extends AsyncDisposable {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly url: string;
  /** `ldaps:`; null where TLS was not asked for. */
  readonly tlsUrl: string | null;
  readonly suffix: string;
  /** May do anything. */
  readonly admin: { readonly dn: string; readonly password: string };
  readonly pid: number;
  readonly scratch: string;
  readonly caFile: string | null;
  /** One entry as it lies in the database, read by slapd's own tool and by no client; null where there is none. */
  entry(dn: string): Promise<Readonly<Record<string, readonly string[]>> | null>;
  log(): Promise<string>;
  /** Ends it, and starts it again on the same ports with what it had. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts slapd and resolves when it can be connected to. `await using` stops it. Throws `NotToBeHad` where it cannot be had. */
export async function startOpenLdap(options: OpenLdapOptions = {}): Promise<OpenLdapServer> {
  const tree = await unpacked('openldap');
  const scratch = await makeScratch('openldap');
  await chmod(scratch, 0o755);
  await makeOwned(join(scratch, 'database'), join(scratch, 'run'));
  const suffix = options.suffix ?? 'dc=corp,dc=example';
  const admin = { dn: `cn=admin,${suffix}`, password: 'secret of the directory' };
  const tls = await writeTls(options.tls, scratch);
  const configFile = join(scratch, 'slapd.conf');
  const logFile = join(scratch, 'run', 'slapd.log');
  const log = (): Promise<string> => readFile(logFile, 'utf8');
  await writeFile(join(scratch, 'godwit-lab.schema'), exchangeSchema);
  await writeFile(configFile, config({ tree, scratch, suffix, admin, tls, extra: options.extra ?? '' }));
  const ldif = join(scratch, 'entries.ldif');
  await writeFile(ldif, [root(suffix), ...(options.entries ?? [])].map(toLdif).join('\n'));
  await runInside(tree, ['/usr/sbin/slapadd', '-q', '-f', configFile, '-l', ldif], 'nobody');

  return onFreePorts(2, async ([port = 0, tlsPort = 0]) => {
    const url = `ldap://127.0.0.1:${port}`;
    const tlsUrl = tls === null ? null : `ldaps://127.0.0.1:${tlsPort}`;
    const listening = tlsUrl === null ? url : `${url} ${tlsUrl}`;
    // With a level of debugging, even none, it stays in the foreground.
    const argv = ['/usr/sbin/slapd', '-d', '0', '-h', listening, '-f', configFile];
    const tail = async (): Promise<string> => (await log().catch(() => '')).slice(-2000);
    const running = await startProcess(inside(tree, argv, 'nobody'), port, tail, '');
    return {
      host: '127.0.0.1',
      port,
      url,
      tlsUrl,
      suffix,
      admin,
      get pid() {
        return running.pid;
      },
      scratch,
      caFile: tls?.ca ?? null,
      async entry(dn) {
        // Not `-s DN`, at which slapcat 2.5.13 crashes ("munmap_chunk(): invalid pointer").
        const asked = ['/usr/sbin/slapcat', '-f', configFile, '-H', `ldap:///${encodeURIComponent(dn)}??base`];
        return fromLdif(await runInside(tree, asked, 'nobody'), dn);
      },
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

interface ConfigFacts {
  readonly tree: string;
  readonly scratch: string;
  readonly suffix: string;
  readonly admin: { readonly dn: string; readonly password: string };
  readonly tls: { readonly certificate: string; readonly key: string; readonly ca: string } | null;
  readonly extra: string;
}

function config({ tree, scratch, suffix, admin, tls, extra }: ConfigFacts): string {
  const schemas = ['core', 'cosine', 'inetorgperson', 'misc'];
  return `
${schemas.map((name) => `include ${tree}/etc/ldap/schema/${name}.schema`).join('\n')}
include ${scratch}/godwit-lab.schema
pidfile ${scratch}/run/slapd.pid
logfile ${scratch}/run/slapd.log
loglevel stats
modulepath /usr/lib/ldap
moduleload back_mdb
${tls === null ? '' : `TLSCertificateFile ${tls.certificate}\nTLSCertificateKeyFile ${tls.key}\nTLSCACertificateFile ${tls.ca}`}
database mdb
suffix "${suffix}"
rootdn "${admin.dn}"
rootpw "${admin.password}"
directory ${scratch}/database
maxsize 1073741824
dbnosync
index objectClass eq
index mail eq
index uid eq
${extra}
`;
}

/**
 * Exchange's attribute, and a class that lets an entry have it. Both have numbers of no meaning: 1.1 is an arc in which none
 * was ever given away.
 */
const exchangeSchema = `
attributetype ( 1.1.1.1
  NAME 'targetAddress'
  DESC 'where Exchange sends mail for this recipient on'
  EQUALITY caseIgnoreMatch
  SUBSTR caseIgnoreSubstringsMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15
  SINGLE-VALUE )
objectclass ( 1.1.2.1
  NAME 'labMailRecipient'
  DESC 'may have a targetAddress'
  SUP top AUXILIARY
  MAY ( targetAddress ) )
`;

function root(suffix: string): LdapEntry {
  const dc = /^dc=([^,]+)/i.exec(suffix)?.[1];
  if (dc === undefined) throw new Error(`the suffix of a lab's directory begins with dc=, and this is ${suffix}`);
  return { dn: suffix, attributes: { objectClass: ['dcObject', 'organization'], dc, o: dc } };
}

/** All in base64 (RFC 2849), so that no value needs a rule of its own. */
function toLdif({ dn, attributes }: LdapEntry): string {
  const lines = Object.entries(attributes).flatMap(([name, values]) =>
    [values].flat().map((value) => line(name, value)),
  );
  return `${[line('dn', dn), ...lines].join('\n')}\n`;
}

function line(name: string, value: string): string {
  return `${name}:: ${Buffer.from(value).toString('base64')}`;
}

/** The first entry of what slapcat wrote, if it is `dn` itself and not one below it. */
function fromLdif(text: string, dn: string): Readonly<Record<string, readonly string[]>> | null {
  const found: Record<string, string[]> = {};
  // A long line goes on in the next, behind a space (RFC 2849).
  const [first = ''] = text.trimStart().replaceAll('\n ', '').split('\n\n');
  for (const each of first.split('\n')) {
    const [, name, colons, value] = /^([^:]+)(::?) ?(.*)$/.exec(each) ?? [];
    if (name === undefined || value === undefined) continue;
    (found[name] ??= []).push(colons === '::' ? Buffer.from(value, 'base64').toString() : value);
  }
  const { dn: [itsName] = [], ...attributes } = found;
  return itsName?.toLowerCase() === dn.toLowerCase() ? attributes : null;
}
