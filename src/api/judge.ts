/**
 * The one place that says who is asking, whether they may, and how much of the estate is there for them. What they may do is decided
 * in `domain/rights.ts`; nothing of the API is answered without having come by here.
 */

import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { readBearer } from '#domain/bearer.ts';
import { fault } from '#domain/fault.ts';
import { type Holder, may, reachOf, type Within } from '#domain/rights.ts';
import type { Bearers } from '#ports/access.ts';
import { cookieIn, sessionCookie } from './cookies.ts';
import type { Operation } from './operation.ts';
import { WrongTries } from './wrong-tries.ts';

export interface Judged {
  /** Null where everybody may ask. */
  readonly holder: Holder | null;
  /** The part of the estate that there is for them. */
  readonly within: Within;
}

export interface Question {
  /** Of the header; lacking where there is none. */
  readonly authorization: string | undefined;
  /** Of browsers. */
  readonly cookie: string | undefined;
  /** Of the page that asks (RFC 6454 §7); lacking where it does not say. */
  readonly origin: string | undefined;
  readonly method: string;
  /** What a browser says of the page that asks: `same-origin`, `cross-site` … (Fetch Metadata §2.3); lacking where none does. */
  readonly site: string | undefined;
  /** The address of whoever asks; null of who comes by a socket of this machine, where nobody says from where. */
  readonly from: string | null;
}

/** Who was let in not long ago is asked of the database even while others behind the same address are not. */
const goodForMs = 10 * 60_000;
/** Bound of what is remembered: some megabytes. */
const goodMost = 10_000;
/** Longer is nothing that we have given out. */
const bearerOctetsMost = 512;

type Judging = Pick<Operation, 'act'> & Partial<Pick<Operation, 'answers' | 'isLong'>>;

export class Judge {
  readonly #bearers: Bearers;
  readonly #now: () => number;
  readonly #origin: string | null;
  readonly #wrong: WrongTries;
  /** Digests of bearers. */
  readonly #good = new Map<string, number>();

  /** `now`: milliseconds that never go back. `origin`: of our pages; null where there are none, and no cookie counts. */
  constructor(bearers: Bearers, now: () => number, origin: string | null = null) {
    [this.#bearers, this.#now, this.#origin, this.#wrong] = [bearers, now, origin, new WrongTries(now)];
  }

  /** Throws `api.origin.foreign`, `api.bearer.*`, `api.act.forbidden` and `database.*`. */
  async judge(operation: Judging, question: Question, isUse = true): Promise<Judged> {
    const { act } = operation;
    if (act === 'public') return { holder: null, within: [] };
    const holder = await this.#holder(this.#bearer(operation, question), question.from, isUse);
    if (act === 'anybody') return { holder, within: [] };
    const wanted = typeof act === 'string' ? [act] : act;
    const theirs = wanted.find((each) => may(holder, each));
    if (theirs === undefined) throw fault('api.act.forbidden', { act: wanted.join(' or ') });
    return { holder, within: reachOf(holder, theirs) };
  }

  /**
   * Of the header, else of the cookie. A browser sends a cookie along whoever's page it is that asks: what changes something has to come
   * from a page of ours, and says so. What takes long is not begun by a link on somebody else's page either; the rest has to be, since whoever
   * has signed in comes back from the provider's.
   */
  #bearer({ answers, isLong }: Judging, { authorization, cookie, origin, method, site }: Question): string | null {
    if (authorization !== undefined || this.#origin === null) return bearerIn(authorization);
    const kept = cookieIn(cookie, sessionCookie) ?? '';
    if (readBearer(kept)?.kind !== 'session') return null;
    if (method !== 'GET' && method !== 'HEAD' && origin !== this.#origin) throw fault('api.origin.foreign', {});
    const takesLong = isLong === true || (answers !== undefined && answers !== 'document');
    if (site === 'cross-site' && takesLong) throw fault('api.origin.foreign', {});
    return kept;
  }

  async #holder(bearer: string | null, from: string | null, isUse: boolean): Promise<Holder> {
    if (bearer === null) throw fault('api.bearer.missing', {});
    const digest = createHash('sha256').update(bearer).digest('base64');
    const now = this.#now();
    // Those of whom nobody knows whence they come share no counter: one of them would lock all others out.
    const place = from ?? digest;
    if (!this.#isGood(digest, now)) this.#seeThatItMayTry(place);
    const presented = await this.#bearers.holderOf(bearer, isUse);
    if (presented.kind === 'refused') {
      this.#good.delete(digest);
      // Who has all of one that is over does not guess: a browser that was left open may ask all night.
      if (presented.why === 'unknown') this.#wrong.count(place);
      throw fault('api.bearer.refused', { why: presented.why });
    }
    remember(this.#good, digest, now + goodForMs, goodMost);
    return presented.holder;
  }

  #isGood(digest: string, now: number): boolean {
    return (this.#good.get(digest) ?? 0) > now;
  }

  #seeThatItMayTry(place: string): void {
    const seconds = this.#wrong.restOf(place);
    if (seconds !== null) throw fault('api.bearer.too-many', { seconds });
  }
}

/** What of a request says who is asking. */
export function questionOf({ headers, ip, method }: FastifyRequest): Question {
  const { authorization, cookie, origin, 'sec-fetch-site': site } = headers;
  return { authorization, cookie, origin, method, site: typeof site === 'string' ? site : undefined, from: fromOf(ip) };
}

/** Of a socket of this machine there is none, whatever the type says. */
export function fromOf(ip: string | undefined): string | null {
  return ip === undefined || ip === '' ? null : ip;
}

/** `Bearer` and what stands behind it (RFC 6750 §2.1). Null where nobody said who they are. */
function bearerIn(authorization: string | undefined): string | null {
  const found = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1];
  return found === undefined || found.length > bearerOctetsMost ? null : found;
}

/** The oldest makes room. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
