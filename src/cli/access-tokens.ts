/** `godwit access token`: made, listed and revoked. What is made is shown once, or written to a file. */

import { open, rm } from 'node:fs/promises';
import type { TokenLine, TokenMade, TokenOrder } from '#domain/access.ts';
import { type Act, acts, type HeldRole, may } from '#domain/rights.ts';
import { nearest } from '#lib/nearest.ts';
import { idIn, momentText, openAccessFor, roleText } from './access-desk.ts';
import type { AccessListFlags, AccessWhyFlags, TokenCreateFlags } from './access-flags.ts';
import { parseDuration } from './quantities.ts';
import { whyUnreadable } from './secret.ts';
import type { Session } from './session.ts';
import { shown, table } from './shown.ts';
import { Problems, usageError } from './usage.ts';
import type { AccessDesk } from './world.ts';

const usualDays = 90;
/** One that nobody makes anew within a year is one that nobody remembers. */
const mostDays = 366;
const nameMax = 100;
const daySeconds = 86_400;

export async function createToken(this: Session, flags: TokenCreateFlags): Promise<void> {
  const order = orderIn(flags);
  await using desk = await openAccessFor(this, flags);
  const { token, bearer } = flags.out === undefined ? await made(desk, order) : await writtenTo(flags.out, desk, order);
  const until = `${roleText(token.role)}, until ${momentText(token.expiresAt)}`;
  const place = flags.out === undefined ? { bearer } : { file: flags.out };
  this.conclude({ token, ...place }, () => [
    ...(flags.quiet ? [] : [`Token ${token.id} (${shown(token.name)}): ${until}.`]),
    ...(flags.out === undefined ? [bearer] : []),
    ...(flags.quiet
      ? []
      : [flags.out === undefined ? shownOnce : `It is in ${shown(flags.out)}, for you alone to read.`]),
  ]);
}

const shownOnce = 'It is shown this once and kept nowhere. Put it where its program finds it, and nobody else.';

function orderIn({ name, role, organisation, scope, expires }: TokenCreateFlags): TokenOrder {
  const problems = new Problems();
  const held: HeldRole = { role, organisation: organisation ?? null };
  const called = name.trim();
  if (called === '' || called.length > nameMax || shown(called) !== called)
    problems.add(`--name: say in 1 to ${nameMax} characters, in one line, what it is for.`);
  if (role === 'local-administrator' && organisation === undefined)
    problems.add('A local administrator is one of an organisation: add --organisation CODE.');
  const seconds = expires === undefined ? usualDays * daySeconds : parseDuration(expires);
  if (seconds === null || seconds > mostDays * daySeconds)
    problems.add(`--expires: write a time such as 90d or 12h, at most ${mostDays}d.`);
  const scopes = scope === undefined ? null : scopesIn(scope, held, problems);
  problems.settle();
  return { name: called, role: held, scopes, lastsMs: (seconds as number) * 1000 };
}

function scopesIn(words: readonly string[], held: HeldRole, problems: Problems): readonly Act[] {
  const holder = { who: '', person: '', roles: [held], scopes: null };
  return [...new Set(words.flatMap((word) => word.split(',')))].flatMap((word) => {
    const act = acts.find((each) => each === word);
    if (!act) {
      const near = nearest(word, acts);
      problems.add(
        `--scope ${shown(word, 60)}: there is no such act${near ? `; did you mean ${near}?` : ` (docs/rights.md lists them).`}`,
      );
    } else if (!may(holder, act)) problems.add(`--scope ${act}: ${roleText(held)} may not do that anyway.`);
    return act ? [act] : [];
  });
}

async function made(desk: AccessDesk, order: TokenOrder): Promise<Extract<TokenMade, { kind: 'made' }>> {
  const answer = await desk.tokens.create(order, desk.holder.who);
  if (answer.kind === 'made') return answer;
  const { organisation } = order.role;
  throw usageError(
    `There is no organisation ${shown(String(organisation), 40)} in this estate${answer.nearest === null ? '.' : `; did you mean ${shown(answer.nearest, 40)}?`}`,
  );
}

/** The file is there before the token is: one that could not be written down would be good, and nobody would have it. */
async function writtenTo(path: string, desk: AccessDesk, order: TokenOrder): ReturnType<typeof made> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw usageError(`${shown(path)} is there already; nothing was made.`);
    throw usageError(`${shown(path)} cannot be written: ${whyUnreadable(error)}. Nothing was made.`);
  });
  await using _ = file;
  // What was not made leaves no file in which nobody finds it.
  const answer = await made(desk, order).catch(async (error: unknown) => {
    await rm(path, { force: true });
    throw error;
  });
  await file.writeFile(`${answer.bearer}\n`);
  await file.datasync();
  return answer;
}

export async function listTokens(this: Session, flags: AccessListFlags): Promise<void> {
  await using desk = await openAccessFor(this, flags);
  const tokens = await desk.tokens.list({ ended: flags.all === true });
  this.conclude({ tokens }, () =>
    tokens.length === 0 ? ['There are none.'] : table([headings, ...tokens.map(cells)], new Set([0])),
  );
}

const headings = ['id', 'name', 'may', 'until', 'last used', 'made by'];

function cells(token: TokenLine): string[] {
  const { id, name, role, scopes, createdBy, makerMay, expiresAt, hasExpired, usedAt, revokedAt } = token;
  return [
    String(id),
    shown(name, 40),
    `${roleText(role)}${scopes === null ? '' : `: ${scopes.join(', ') || 'nothing'}`}`,
    revokedAt !== null ? 'revoked' : hasExpired ? 'expired' : momentText(expiresAt),
    usedAt === null ? 'never' : momentText(usedAt),
    `${shown(createdBy, 40)}${makerMay === false ? ', who might not make it any more' : ''}`,
  ];
}

export async function revokeToken(this: Session, flags: AccessWhyFlags, id: string): Promise<void> {
  const number = idIn(id);
  await using desk = await openAccessFor(this, flags);
  const revoked = await desk.tokens.revoke(number, desk.holder.who, flags.why ?? null);
  if (revoked === 'unknown') throw usageError(`There is no token ${number}.`);
  this.conclude({ token: number, revoked: revoked === 'revoked' }, () => [
    revoked === 'revoked' ? `Token ${number} lets nobody in any more.` : `Token ${number} had ended before.`,
  ]);
}
