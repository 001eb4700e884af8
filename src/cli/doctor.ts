/** `godwit doctor coexistence`: whether what has been set up works, line by line, and what to do where it does not. */

import { isLoopback, parseEndpoint } from '#domain/endpoint.ts';
import type { Listen } from '#domain/listen.ts';
import { readListen } from '#domain/listen.ts';
import { readSecretReference, type SecretReference } from '#domain/secret-reference.ts';
import type { Finding } from '#operations/doctor-parts.ts';
import { exitCodes } from './exit-code.ts';
import type { DoctorFlags } from './flags.ts';
import { parseDuration } from './quantities.ts';
import type { Session } from './session.ts';
import { counted, shown } from './shown.ts';
import { readAuthorities } from './sides.ts';
import { Problems } from './usage.ts';
import type { DoctorOptions } from './world.ts';

const usualWithinSeconds = 60;

export async function doctor(this: Session, flags: DoctorFlags): Promise<void> {
  const { world } = this;
  const { stateDir, config, keys } = world.settings();
  const order = await orderIn(this, flags);
  const settings = await world.readEstate(flags.config ?? config);
  const tell = (doing: string): void => {
    if (!flags.quiet && world.canDraw) this.screen.say(`godwit: ${shown(doing, 200)} ...`);
  };
  const findings = await world.doctor(
    { ...order, settings, stateDir: flags.state ?? stateDir, keys, log: this.log(flags), tell },
    world.interruption,
  );
  const wrong = findings.filter(({ state }) => state === 'wrong');
  this.exitCode = wrong.length > 0 ? exitCodes.withExceptions : exitCodes.allThere;
  this.conclude({ wrong: wrong.length, findings }, () => [
    ...(flags.quiet ? wrong : findings).flatMap(findingLines),
    ...(wrong.length > 0 ? ['', `${counted(wrong.length, 'thing is', 'things are')} wrong.`] : []),
  ]);
}

function findingLines({ check, about, state, says, remedy }: Finding): readonly string[] {
  const line = `${states[state]}  ${check}: ${shown(about, 120)}: ${shown(says, 600)}`;
  return remedy === null ? [line] : [line, `           ${shown(remedy, 400)}`];
}

const states: Readonly<Record<Finding['state'], string>> = {
  ok: 'ok       ',
  wrong: 'WRONG    ',
  'not tried': 'not tried',
};

type Order = Pick<DoctorOptions, 'moved' | 'unmoved' | 'mx' | 'from' | 'imap' | 'withinMs'>;

/** Throws a `UsageError` that names everything that is wrong. */
async function orderIn({ world }: Session, flags: DoctorFlags): Promise<Order> {
  const problems = new Problems();
  const moved = addressIn('--moved', flags.moved, 'a test mailbox that has moved', problems);
  const unmoved = addressIn('--unmoved', flags.unmoved, 'a test mailbox that has not', problems);
  const order = {
    moved: { address: moved, secret: secretIn('--moved-secret', flags.movedSecret, problems) },
    unmoved: { address: unmoved, secret: secretIn('--unmoved-secret', flags.unmovedSecret, problems) },
    mx: placeIn(flags.mx, problems),
    from: flags.from === undefined ? null : addressIn('--from', flags.from, 'the sender', problems),
    imap: await proxiesIn(flags, world.settings().ca, problems),
    withinMs: withinIn(flags.within, problems),
  };
  problems.settle();
  return order;
}

function addressIn(flag: string, given: string | undefined, what: string, problems: Problems): string {
  const address = given?.trim() ?? '';
  if (!/^[^\s@<>]+@[^\s@<>]+$/.test(address)) problems.add(`${flag} names ${what}, such as test1@corp.example.`);
  return address;
}

function secretIn(flag: string, given: string | undefined, problems: Problems): SecretReference | null {
  if (given === undefined) return null;
  const read = readSecretReference(given);
  if (!('problem' in read)) return read;
  problems.add(`${flag}: ${read.problem}`);
  return null;
}

function placeIn(given: string | undefined, problems: Problems): Listen | null {
  if (given === undefined) return null;
  const at = readListen(/:\d+$/.test(given) ? given : `${given}:25`)?.at ?? null;
  if (at === null) problems.add('--mx is a host and a port, such as mx.corp.example:25.');
  return at;
}

async function proxiesIn(
  { imap, ca, noVerify }: DoctorFlags,
  usualCa: string | null,
  problems: Problems,
): Promise<Order['imap']> {
  const authorities = await readAuthorities(ca ?? usualCa, problems);
  if (imap === undefined) return null;
  const parsed = parseEndpoint(imap, 'optional');
  if (parsed.kind === 'refused') {
    problems.add(`--imap: ${parsed.says}`);
    return null;
  }
  const { endpoint } = parsed;
  if (endpoint.user !== null)
    problems.add('--imap is where the proxies are, without a user: both test mailboxes sign in.');
  if (endpoint.security === 'clear' && !isLoopback(endpoint))
    problems.add('--imap would send passwords over the network in clear text: write imaps:// or imap://.');
  return { endpoint, ca: authorities, verify: noVerify !== true };
}

function withinIn(given: string | undefined, problems: Problems): number {
  const seconds = given === undefined ? usualWithinSeconds : parseDuration(given);
  if (seconds === null || seconds <= 0) problems.add('--within is a time such as 60s or 5m.');
  return (seconds ?? 0) * 1000;
}
