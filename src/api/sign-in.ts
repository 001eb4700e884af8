/**
 * The way in for people: /v1/sign-in sends a browser to the identity provider, which sends it back to /v1/sign-in/callback, and from then on
 * a cookie says who it is. None of this is for programs, and so it is no part of the contract.
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { readBearer } from '#domain/bearer.ts';
import { fault } from '#domain/fault.ts';
import { personOf, type SignInSettings } from '#domain/sign-in.ts';
import type { Log } from '#lib/log.ts';
import type { Sessions } from '#ports/access.ts';
import type { IdentityProvider, SignInAttempt } from '#ports/identity.ts';
import { cookieIn, forgetting, keeping, sessionCookie } from './cookies.ts';
import { fromOf, type Judge, questionOf } from './judge.ts';
import type { Routes } from './server.ts';
import { WrongTries } from './wrong-tries.ts';

export interface SignInParts {
  readonly provider: IdentityProvider;
  readonly settings: SignInSettings;
  readonly sessions: Sessions;
}

export const callbackPath = '/v1/sign-in/callback';
/** Between being sent to the provider and coming back: somebody looks for their telephone. */
const attemptSeconds = 600;
const attemptCookie = '__Host-godwit-sign-in';

/** `signIn`: null where nobody signs in. */
export function signInRoutes(
  signIn: SignInParts | null,
  judge: Judge,
  log: Log,
  now: () => number = () => performance.now(),
): Routes {
  const wrong = new WrongTries(now);
  return (http) => {
    http.get('/v1/sign-in', async (request, reply) => sendThere(of(signIn), request, reply));
    http.get(callbackPath, async (request, reply) =>
      seldomWrong(wrong, request, () => welcome(of(signIn), request, reply, log)),
    );
    http.post('/v1/sign-out', async (request, reply) => {
      const { sessions } = of(signIn);
      // By the cookie alone: it is that session which ends, so it has to be that one which is proven.
      const { holder } = await judge.judge({ act: 'anybody' }, { ...questionOf(request), authorization: undefined });
      const bearer = readBearer(cookieIn(request.headers.cookie, sessionCookie) ?? '');
      if (holder && bearer?.kind === 'session') await sessions.revoke(bearer.id, holder.who, null);
      return reply.header('Set-Cookie', forgetting(sessionCookie)).code(204).send();
    });
  };
}

/**
 * Each that comes back has the provider asked, and whoever makes up what they bring would have us ask it for ever: so often from one
 * address. Without an address (a socket of this machine, where no browser is) there is nobody to tell apart.
 */
async function seldomWrong<Answer>(
  wrong: WrongTries,
  { ip }: FastifyRequest,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const from = fromOf(ip);
  if (from === null) return work();
  const seconds = wrong.restOf(from);
  if (seconds !== null) throw fault('access.sign-in.too-many', { seconds });
  try {
    return await work();
  } catch (error) {
    wrong.count(from);
    throw error;
  }
}

async function sendThere({ provider, settings }: SignInParts, request: FastifyRequest, reply: FastifyReply) {
  const { to } = request.query as { readonly to?: unknown };
  const { url, attempt } = await provider.begin();
  const kept = Buffer.from(JSON.stringify({ ...attempt, to: placeHere(to, settings.origin) })).toString('base64url');
  return reply.header('Set-Cookie', keeping(attemptCookie, kept, attemptSeconds)).redirect(url.href, 303);
}

async function welcome(
  { provider, settings, sessions }: SignInParts,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Log,
) {
  // Good for one coming back, whatever comes of it.
  reply.header('Set-Cookie', forgetting(attemptCookie));
  const attempt = attemptIn(cookieIn(request.headers.cookie, attemptCookie));
  if (attempt === null)
    throw fault('access.sign-in.refused', { text: 'it was begun in another browser, or too long ago.' });
  const signedIn = await provider.finish(new URL(request.url, settings.origin), attempt);
  const person = personOf(signedIn.claims, settings);
  if (person.kind === 'nameless') throw fault('access.sign-in.nameless', { claim: person.claim });
  if (person.kind === 'without-role') {
    log.warn('somebody signed in who has no role', { who: person.who });
    throw fault('access.sign-in.without-role', { who: person.who });
  }
  const { issuer, subject } = signedIn;
  const { who, groups, roles } = person;
  const [lastsMs, idleMs] = [settings.lastsSeconds * 1000, settings.idleSeconds * 1000];
  const { bearer } = await sessions.begin({ who, issuer, subject, groups, roles, lastsMs, idleMs });
  return reply
    .header('Set-Cookie', keeping(sessionCookie, bearer, settings.lastsSeconds))
    .redirect(placeHere(attempt.to, settings.origin), 303);
}

function of(signIn: SignInParts | null): SignInParts {
  if (signIn === null) throw fault('access.sign-in.none', {});
  return signIn;
}

/** A path of ours; anything else would send people who trust us to wherever somebody likes. */
function placeHere(to: unknown, origin: string): string {
  if (typeof to !== 'string' || !/^\/[\x21-\x5b\x5d-\x7e]{0,500}$/.test(to) || !URL.canParse(to, origin)) return '/';
  const url = new URL(to, origin);
  // `/.//host` is a path of ours until it is written anew: what begins with two slashes is a host to browsers (RFC 3986 §4.2).
  const isOurs = url.origin === origin && !url.pathname.startsWith('//');
  return isOurs ? `${url.pathname}${url.search}` : '/';
}

function attemptIn(kept: string | undefined): (SignInAttempt & { readonly to: unknown }) | null {
  try {
    const attempt = JSON.parse(Buffer.from(kept ?? '', 'base64url').toString()) as Readonly<Record<string, unknown>>;
    const { state, nonce, verifier, to } = attempt;
    if (typeof state !== 'string' || typeof nonce !== 'string' || typeof verifier !== 'string') return null;
    return { state, nonce, verifier, to };
  } catch {
    return null;
  }
}
