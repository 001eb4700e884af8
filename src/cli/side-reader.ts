/** One side of a move, read: its endpoint, how we sign in there, and the secret that takes. */

import { type Endpoint, isLoopback, parseEndpoint } from '#domain/endpoint.ts';
import { parseSecretRef, readSecret } from './secret.ts';
import type { Place, Problems } from './usage.ts';
import type { Side, SignIn, World } from './world.ts';

/** What must be shown to the operator although it stops nothing. */
export type Warn = (text: string) => void;

/** What is said once for all sides. */
export interface CommonOptions {
  readonly allowClearText: boolean;
  readonly adminStyle: 'authzid' | 'user*master' | undefined;
  readonly ca: string | null;
}

/** What the command line says of one side. */
export interface SideOptions extends CommonOptions {
  /** `--source-` or `--target-` or, for a single server, `--`. */
  readonly prefix: string;
  readonly secret: string | undefined;
  readonly admin: string | undefined;
  readonly oauth: string | undefined;
  readonly verify: boolean;
}

/** Reads sides one after the other; what belongs to all of them (a shared secret, a warning) is read and told once. */
export class SideReader {
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
