/**
 * From what was typed to both ends of every move, with secrets read: all or nothing, and every mistake at once. A secret
 * of the command line serves all accounts; one in the list serves its line.
 */

import { readFile } from 'node:fs/promises';
import { type Endpoint, isLoopback, mailboxKey, parseEndpoint } from '#domain/endpoint.ts';
import type { Account } from './accounts.ts';
import { parseSecretRef, readSecret, whyUnreadable } from './secret.ts';
import type { ManyFlags, ProbeFlags, SideFlags } from './flags.ts';
import { type Place, Problems, usageError } from './usage.ts';
import type { Side, SignIn, World } from './world.ts';

/** One mailbox's way from here to there. */
export interface Move {
  readonly source: Side;
  readonly target: Side;
}

/** What must be shown to the operator although it stops nothing. */
export type Warn = (text: string) => void;

/** Reads SOURCE and TARGET, or the list of `--accounts`. Throws a `UsageError` that names everything that is wrong. */
export async function readMoves(
  flags: SideFlags & ManyFlags,
  source: string | undefined,
  target: string | undefined,
  world: World,
  warn: Warn,
): Promise<readonly Move[]> {
  const problems = new Problems();
  const accounts = await accountsToMove(flags, source, target, problems);
  const ca = await readAuthorities(flags.ca ?? world.settings().ca, problems);
  const common = { allowClearText: flags.allowClearText === true, adminStyle: flags.adminStyle, ca };
  const reader = new SideReader(world, warn, problems, flags.accounts === undefined);
  const sides = {
    source: sideOptions(
      'source',
      flags.sourceSecret,
      flags.sourceAdmin,
      flags.sourceOauth,
      flags.sourceNoVerify,
      common,
    ),
    target: sideOptions(
      'target',
      flags.targetSecret,
      flags.targetAdmin,
      flags.targetOauth,
      flags.targetNoVerify,
      common,
    ),
  };
  const moves: Move[] = [];
  // Endpoints before secrets: nobody should be asked for a password on behalf of a URL that is then refused.
  const parsed = accounts.map((account) => ({
    account,
    source: reader.endpoint(account.source, sides.source, account.at?.('source')),
    target: reader.endpoint(account.target, sides.target, account.at?.('target')),
  }));
  refuseDoubles(parsed, problems);
  if (flags.accounts === undefined) problems.settle();
  for (const { account, source: from, target: to } of parsed) {
    const sourceSide =
      from && (await reader.side(from, sides.source, account.sourceSecret, account.at?.('source_secret')));
    const targetSide = to && (await reader.side(to, sides.target, account.targetSecret, account.at?.('target_secret')));
    if (sourceSide && targetSide) moves.push({ source: sourceSide, target: targetSide });
  }
  problems.settle();
  return moves;
}

/** Reads the one SERVER of `probe`; a user name is optional there. */
export async function readServer(flags: ProbeFlags, server: string, world: World, warn: Warn): Promise<Side> {
  const problems = new Problems();
  const ca = await readAuthorities(flags.ca ?? world.settings().ca, problems);
  const options = sideOptions('', flags.secret, flags.admin, flags.oauth, flags.noVerify, {
    allowClearText: flags.allowClearText === true,
    adminStyle: flags.adminStyle,
    ca,
  });
  const reader = new SideReader(world, warn, problems, true);
  const endpoint = reader.endpoint(server, options, undefined, 'optional');
  problems.settle();
  const side = endpoint && (await reader.side(endpoint, options, null, undefined));
  problems.settle();
  if (!side) throw new Error('a side without a problem was not read');
  return side;
}

interface Common {
  readonly allowClearText: boolean;
  readonly adminStyle: 'authzid' | 'user*master' | undefined;
  readonly ca: string | null;
}

interface SideOptions extends Common {
  /** `--source-` or `--target-` or, for a single server, `--`. */
  readonly prefix: string;
  readonly secret: string | undefined;
  readonly admin: string | undefined;
  readonly oauth: string | undefined;
  readonly verify: boolean;
}

function sideOptions(
  name: 'source' | 'target' | '',
  secret: string | undefined,
  admin: string | undefined,
  oauth: string | undefined,
  noVerify: boolean | undefined,
  common: Common,
): SideOptions {
  return { ...common, prefix: name === '' ? '--' : `--${name}-`, secret, admin, oauth, verify: noVerify !== true };
}

type ToMove = Omit<Account, 'at'> & { readonly at?: Account['at'] };

async function accountsToMove(
  flags: ManyFlags,
  source: string | undefined,
  target: string | undefined,
  problems: Problems,
): Promise<readonly ToMove[]> {
  if (flags.accounts !== undefined) {
    if (source !== undefined)
      throw usageError('With --accounts every SOURCE and TARGET stands in the file, none on the command line.');
    // csv-parse is loaded for this only.
    const { readAccounts } = await import('./accounts.ts');
    return await readAccounts(flags.accounts, problems);
  }
  if (source === undefined || target === undefined) {
    throw usageError(
      'Say from where and to where: SOURCE and TARGET, two URLs such as imaps://someone@mail.example, or --accounts FILE.',
    );
  }
  return [{ source, target, sourceSecret: null, targetSecret: null }];
}

/** The same mailbox twice would be two copies at work on one target; a mailbox into itself would never end. */
function refuseDoubles(
  moves: readonly { readonly account: ToMove; readonly source: Endpoint | null; readonly target: Endpoint | null }[],
  problems: Problems,
): void {
  const seen = { source: new Map<string, Place | undefined>(), target: new Map<string, Place | undefined>() };
  for (const { account, source, target } of moves) {
    for (const [which, endpoint] of [
      ['source', source],
      ['target', target],
    ] as const) {
      if (!endpoint) continue;
      const mailbox = mailboxKey(endpoint);
      if (seen[which].has(mailbox)) {
        problems.add(
          `${endpoint.name} is already the ${which} of line ${seen[which].get(mailbox)?.line}. Each mailbox stands here once.`,
          account.at?.(which),
        );
      } else seen[which].set(mailbox, account.at?.(which));
    }
    if (source && target && mailboxKey(source) === mailboxKey(target)) {
      problems.add(`${source.name} is both the source and the target.`, account.at?.('target'));
    }
  }
}

async function readAuthorities(file: string | null, problems: Problems): Promise<string | null> {
  if (file === null) return null;
  try {
    const pem = await readFile(file, 'latin1');
    const found = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
    if (!found) {
      problems.add(`${file} (--ca) holds no certificate in PEM form ("-----BEGIN CERTIFICATE-----").`);
      return null;
    }
    const { X509Certificate } = await import('node:crypto');
    found.forEach((certificate) => new X509Certificate(certificate));
    return pem;
  } catch (error) {
    problems.add(`The certificates ${file} (--ca) cannot be read: ${whyUnreadable(error)}.`);
    return null;
  }
}

/** Reads sides one after the other; what belongs to all of them (a shared secret, a warning) is read and told once. */
class SideReader {
  readonly #world: World;
  readonly #warn: Warn;
  readonly #problems: Problems;
  readonly #single: boolean;
  readonly #secrets = new Map<string, string | null>();
  readonly #said = new Set<string>();

  constructor(world: World, warn: Warn, problems: Problems, single: boolean) {
    this.#world = world;
    this.#warn = warn;
    this.#problems = problems;
    this.#single = single;
  }

  endpoint(
    text: string,
    options: SideOptions,
    place: Place | undefined,
    user: 'required' | 'optional' = 'required',
  ): Endpoint | null {
    // An empty cell of a list has been told already.
    if (text === '' && place) return null;
    const parsed = parseEndpoint(text, user);
    if (parsed.kind === 'refused') {
      this.#problems.add(parsed.says, place);
      return null;
    }
    const { endpoint } = parsed;
    if (endpoint.security === 'clear' && !isLoopback(endpoint)) {
      if (!options.allowClearText) {
        this.#problems.add(
          `${endpoint.name} would send the password and all mail in clear text over the network. Use imaps:// or imap://, ` +
            'or allow it with --allow-clear-text if you know what lies between.',
          place,
        );
        return null;
      }
      this.#once(`${endpoint.name} is spoken to in clear text: everyone between here and there can read along.`);
    }
    if (!options.verify)
      this.#once(`The certificate of ${endpoint.host} is not verified (${options.prefix}no-verify): it may be anyone.`);
    return endpoint;
  }

  async side(
    endpoint: Endpoint,
    options: SideOptions,
    ownSecret: string | null,
    place: Place | undefined,
  ): Promise<Side | null> {
    const signIn = await this.#signIn(endpoint, options, ownSecret, place);
    return signIn && { endpoint, signIn, ca: options.ca, verify: options.verify };
  }

  async #signIn(
    endpoint: Endpoint,
    options: SideOptions,
    ownSecret: string | null,
    place: Place | undefined,
  ): Promise<SignIn | null> {
    const { prefix, admin, oauth } = options;
    const mailbox = endpoint.user;
    if (mailbox === null) {
      if ((options.secret ?? admin ?? oauth) === undefined) return { kind: 'none' };
      this.#problems.add(
        `A secret is given, but ${endpoint.name} names no user: write ${endpoint.name.replace('://', '://someone@')}.`,
        place,
      );
      return null;
    }
    if (oauth !== undefined) {
      const other =
        admin !== undefined
          ? `${prefix}admin`
          : (options.secret ?? ownSecret) !== null && (options.secret ?? ownSecret) !== undefined
            ? 'a secret'
            : null;
      if (other) {
        this.#once(null, `${prefix}oauth says all about signing in; ${other} cannot be given as well.`, place);
        return null;
      }
      return { kind: 'oauth', user: mailbox, file: oauth };
    }
    const password = await this.#password(endpoint, options, ownSecret, place);
    if (password === null) return null;
    return {
      kind: 'password',
      user: admin ?? mailbox,
      password,
      onBehalfOf: admin === undefined ? null : { mailbox, style: options.adminStyle ?? 'authzid' },
    };
  }

  async #password(
    endpoint: Endpoint,
    options: SideOptions,
    ownSecret: string | null,
    place: Place | undefined,
  ): Promise<string | null> {
    const text = ownSecret ?? options.secret;
    const flag = ownSecret === null || !place ? `${options.prefix}secret` : 'This column';
    const whose = options.admin === undefined ? endpoint.name : `${options.admin} at ${endpoint.host}`;
    if (text === undefined && !(this.#single && this.#world.canAsk)) {
      this.#problems.add(
        `There is no secret for ${endpoint.name}: give ${options.prefix}secret env:NAME or file:PATH${this.#single ? ' (there is no terminal to ask on)' : ', or fill this column'}.`,
        place,
      );
      return null;
    }
    // A secret shared by a thousand lines is read once; what is typed belongs to its side.
    const key = text ?? `ask:${options.prefix}`;
    const known = this.#secrets.get(key);
    if (known !== undefined) return known;
    const ref = text === undefined ? ({ kind: 'ask' } as const) : parseSecretRef(text, flag);
    const read = ref.kind === 'refused' ? ref : await readSecret(ref, whose, this.#world);
    if (read.kind === 'refused') {
      this.#problems.add(read.says, ownSecret === null ? undefined : place);
      this.#secrets.set(key, null);
      return null;
    }
    if (read.warning) this.#once(read.warning);
    this.#secrets.set(key, read.secret);
    return read.secret;
  }

  /** Says a warning, or adds a problem, unless the same was told before. */
  #once(warning: string | null, problem = '', place?: Place): void {
    const text = warning ?? problem;
    if (this.#said.has(text)) return;
    this.#said.add(text);
    if (warning !== null) this.#warn(warning);
    else this.#problems.add(problem, place);
  }
}
