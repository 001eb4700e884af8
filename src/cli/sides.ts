/**
 * From what was typed to both ends of every move, with secrets read: all or nothing, and every mistake at once. A secret
 * of the command line serves all accounts; one in the list serves its line.
 */

import { readFile } from 'node:fs/promises';
import { type Endpoint, mailboxKey } from '#domain/endpoint.ts';
import type { Account } from './accounts.ts';
import type { ManyFlags, ProbeFlags, SideFlags } from './flags.ts';
import { whyUnreadable } from './secret.ts';
import { type CommonOptions, type SideOptions, SideReader, type Warn } from './side-reader.ts';
import { type Place, Problems, usageError } from './usage.ts';
import type { Side, World } from './world.ts';

/** One mailbox's way from here to there. */
export interface Move {
  readonly source: Side;
  readonly target: Side;
}

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
  const sides = { source: sourceOptions(flags, common), target: targetOptions(flags, common) };
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
  const { secret, admin, oauth } = flags;
  const common = { allowClearText: flags.allowClearText === true, adminStyle: flags.adminStyle, ca };
  const options = { ...common, prefix: '--', secret, admin, oauth, verify: flags.noVerify !== true };
  const reader = new SideReader(world, warn, problems, true);
  const endpoint = reader.endpoint(server, options, undefined, 'optional');
  problems.settle();
  const side = endpoint && (await reader.side(endpoint, options, null, undefined));
  problems.settle();
  if (!side) throw new Error('a side without a problem was not read');
  return side;
}

function sourceOptions(flags: SideFlags, common: CommonOptions): SideOptions {
  const { sourceSecret: secret, sourceAdmin: admin, sourceOauth: oauth, sourceNoVerify } = flags;
  return { ...common, prefix: '--source-', secret, admin, oauth, verify: sourceNoVerify !== true };
}

function targetOptions(flags: SideFlags, common: CommonOptions): SideOptions {
  const { targetSecret: secret, targetAdmin: admin, targetOauth: oauth, targetNoVerify } = flags;
  return { ...common, prefix: '--target-', secret, admin, oauth, verify: targetNoVerify !== true };
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

/** The authorities in a PEM file that the flag or setting `flag` names, as text; null where it cannot be, and why is among `problems`. */
export async function readAuthorities(
  file: string | null,
  problems: Problems,
  flag = '--ca',
  place?: Place,
): Promise<string | null> {
  if (file === null) return null;
  try {
    const pem = await readFile(file, 'latin1');
    const found = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
    if (!found) {
      problems.add(`${file} (${flag}) holds no certificate in PEM form ("-----BEGIN CERTIFICATE-----").`, place);
      return null;
    }
    const { X509Certificate } = await import('node:crypto');
    found.forEach((certificate) => new X509Certificate(certificate));
    return pem;
  } catch (error) {
    problems.add(`The certificates ${file} (${flag}) cannot be read: ${whyUnreadable(error)}.`, place);
    return null;
  }
}
