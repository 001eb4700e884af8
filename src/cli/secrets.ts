/** `godwit secret`: sealed secrets are set, listed by name and removed. They go in here, and none ever comes out. */

import { sealedName, whatNamesAre } from '#domain/secret-reference.ts';
import { fault } from '#domain/fault.ts';
import { type SecretDesk, secretDeskOn } from '#operations/keep-secrets.ts';
import { serverOf } from './by-server.ts';
import { exitCodes } from './exit-code.ts';
import type { SecretFlags, SecretSetFlags } from './flags.ts';
import { names } from './names.ts';
import { checked } from './secret.ts';
import { secretsInFile } from './secrets-file.ts';
import type { Session } from './session.ts';
import { count, counted, shown, table } from './shown.ts';
import { usageError } from './usage.ts';

/** Longer than any password or token. */
const longestSecretBytes = 65_536;
/** More are listed by prefix, or by a program. */
const listedMax = 1_000;

export async function set(this: Session, flags: SecretSetFlags, name: string): Promise<void> {
  if (flags.from !== undefined) return setMany(this, flags, flags.from, name);
  const [known, secret] = [readName(name), await secretFor(this, name)];
  await using desk = await openSealed(this, flags, true);
  await desk.set([{ name: known, secret }]);
  this.conclude({ set: 1 }, () => (flags.quiet ? [] : [`sealed:${shown(known)} is set.`]));
}

/** One for each mailbox of a list. All lines are checked before the first is sealed. */
async function setMany(session: Session, flags: SecretSetFlags, file: string, prefix: string): Promise<void> {
  readName(`${prefix}someone@corp.example`);
  const batches = await secretsInFile(file, prefix);
  await using desk = await openSealed(session, flags, true);
  let done = 0;
  for await (const batch of batches) {
    if (session.world.interruption.aborted) throw fault('interrupted', { by: `a signal, after ${done} were set` });
    await desk.set(batch);
    done += batch.length;
  }
  session.conclude({ set: done }, () =>
    flags.quiet ? [] : [`${counted(done, 'secret')} set: sealed:${shown(prefix)} and an address each.`],
  );
}

export async function list(this: Session, flags: SecretFlags, prefix = ''): Promise<void> {
  await using desk = await openSealed(this, flags, false);
  const found = await desk.list(prefix.toLowerCase(), listedMax + 1);
  const secrets = found.slice(0, listedMax).map(({ keyId, ...rest }) => ({ ...rest, key: keyId }));
  const isMore = found.length > listedMax;
  const erased = await desk.lastErasure();
  this.conclude({ secrets, isMore, erased }, () => [
    ...(secrets.length === 0 ? ['There are none.'] : []),
    ...table(
      secrets.map(({ name, key, setAt, setBy, fingerprint }) => [
        shown(name),
        `key ${shown(key)}`,
        `set ${setAt.toISOString().slice(0, 16)}Z`,
        setBy === null ? '' : `by ${shown(setBy)}`,
        `fingerprint ${fingerprint.slice(0, 16)}`,
      ]),
      new Set(),
    ),
    ...(isMore ? [`… and more than these ${count(listedMax)}; name a prefix.`] : []),
    ...(erased
      ? [
          `${counted(erased.secrets, 'secret')} erased on ${erased.at.toISOString().slice(0, 16)}Z by ${shown(erased.who)}: ${shown(erased.why, 400)} (record ${erased.record} of the audit log).`,
        ]
      : []),
  ]);
}

export async function remove(this: Session, flags: SecretFlags, name: string): Promise<void> {
  const known = readName(name);
  await using desk = await openSealed(this, flags, false);
  if (!(await desk.remove(known))) throw usageError(`There is no sealed secret ${shown(known)}.`);
  this.conclude({ removed: 1 }, () => (flags.quiet ? [] : [`sealed:${shown(known)} is removed.`]));
}

export async function rotate(this: Session, flags: SecretFlags): Promise<void> {
  await using desk = await openSealed(this, flags, true);
  const { changed, left, leftCount, key } = await desk.rotate(this.world.interruption);
  if (leftCount > 0) this.exitCode = exitCodes.withExceptions;
  this.conclude({ changed, left, leftCount, key }, () => [
    ...(flags.quiet
      ? []
      : [`${counted(changed, 'secret')} brought under the key ${shown(key)}; all that opens is under it now.`]),
    ...(leftCount > 0
      ? [
          `${counted(leftCount, 'secret')} left as before, since no key in GODWIT_KEY opens it:`,
          ...names(left, (name) => [name]),
        ]
      : []),
  ]);
}

/** The sealed secrets of the estate; with the keys of this process where they are needed, or those of a server. */
export async function openSealed(
  session: Session,
  flags: SecretFlags,
  needsKey: boolean,
): Promise<SecretDesk & AsyncDisposable> {
  const { world } = session;
  const server = await serverOf(session, flags);
  if (server !== null) return (await world.openDesksThere(server)).secrets();
  const { stateDir, config, keys } = world.settings();
  // Before anything is started for it.
  if (needsKey && keys.length === 0) throw fault('secret.key.missing', {});
  const settings = await world.readEstate(flags.config ?? config);
  const keeping = await world.openSecrets({
    settings,
    stateDir: flags.state ?? stateDir,
    keys: needsKey ? keys : [],
    log: session.log(flags),
    signal: world.interruption,
  });
  return { ...secretDeskOn(keeping), [Symbol.asyncDispose]: () => keeping[Symbol.asyncDispose]() };
}

/** The name in its one spelling. What is no name may be the secret, and is not repeated. */
function readName(name: string): string {
  const known = sealedName(name);
  if (known !== null) return known;
  throw usageError(`NAME is ${whatNamesAre}. The secret itself is never written here: it is asked for, or piped in.`);
}

/** From the pipe, or typed twice: nobody can look later what was typed. */
async function secretFor({ world }: Session, name: string): Promise<string> {
  const input = await world.readInput(longestSecretBytes);
  if (input !== null) return secretIn(input);
  if (!world.canAsk) throw usageError('There is no terminal to ask on: pipe the secret in.');
  const typed = await world.askSecret(`Secret ${shown(name)}`);
  const again = typed === null ? null : await world.askSecret('The same again');
  if (typed === null || again === null) throw fault('interrupted', { by: 'no secret was given; nothing was changed' });
  if (typed !== again) throw usageError('These were two different ones; nothing was changed.');
  return fit(typed, 'What was typed');
}

function secretIn(input: Buffer): string {
  if (input.length > longestSecretBytes) throw usageError('What is piped in is larger than any secret (64 kB).');
  try {
    return fit(new TextDecoder('utf-8', { fatal: true }).decode(input).replace(/\r?\n$/, ''), 'What is piped in');
  } catch (error) {
    if (error instanceof TypeError) throw usageError('What is piped in is no UTF-8 text.');
    throw error;
  }
}

function fit(secret: string, where: string): string {
  const read = checked(secret, where, null);
  if (read.kind === 'refused') throw usageError(read.says);
  return read.secret;
}
