/** `godwit init`: writes a godwit.yaml to begin with, and looks whether one is in order. */

import { writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { parseEndpoint } from '#domain/endpoint.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { fault } from '#domain/fault.ts';
import type { Platform } from '#domain/platform.ts';
import type { InitFlags } from './flags.ts';
import { initText, type InitSide, secretVariable } from './init-text.ts';
import { whyUnreadable } from './secret.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';
import { Problems, usageError } from './usage.ts';
import type { World } from './world.ts';

export async function init(this: Session, flags: InitFlags): Promise<void> {
  const file = flags.config ?? this.world.settings().config;
  if (flags.check) await check(this, flags, file);
  else await write(this, flags, file);
}

async function check(session: Session, flags: InitFlags, file: string): Promise<void> {
  const settings = await session.world.readEstate(file);
  const notHere = await session.world.notHere(settings);
  session.conclude({ file, problems: [], notHere }, () => (flags.quiet ? [] : inOrder(settings, notHere)));
}

function inOrder(settings: EstateSettings, notHere: readonly string[]): readonly string[] {
  const { file, source, target, database, timezone } = settings;
  return [
    `${shown(file)} is in order.`,
    `  source    ${platformLine(source)}`,
    `  target    ${platformLine(target)}`,
    `  database  ${database === 'embedded' ? 'embedded' : 'a PostgreSQL server of yours'}`,
    `  timezone  ${timezone}`,
    ...(notHere.length > 0
      ? [`  not here  ${notHere.map((name) => shown(name)).join(', ')} (whoever does the work needs them)`]
      : []),
    ...stillExamples({ source: source.endpoint.name, target: target.endpoint.name }),
  ];
}

function platformLine({ endpoint, signIn, verify }: Platform): string {
  const careless = [endpoint.security === 'clear' ? 'in clear text' : '', verify ? '' : 'certificate not verified'];
  return [shown(endpoint.name), shown(howSignedIn(signIn)), ...careless.filter(Boolean)].join(', ');
}

function howSignedIn(signIn: Platform['signIn']): string {
  switch (signIn.kind) {
    case 'admin':
      return `as ${signIn.admin} on behalf of each mailbox`;
    case 'shared':
      return 'with one secret for all mailboxes';
    case 'each':
      return "with each mailbox's own secret";
    case 'oauth':
      return 'with OAuth';
  }
}

async function write(session: Session, flags: InitFlags, file: string): Promise<void> {
  const { world } = session;
  const problems = new Problems();
  for (const [flag, url] of [
    ['--source', flags.source],
    ['--target', flags.target],
  ] as const) {
    const problem = url === undefined ? null : urlProblem(url);
    if (problem) problems.add(`${flag}: ${problem}`);
  }
  problems.settle();
  const source = await sideOf(world, 'source', flags.source, flags.sourceAdmin);
  const target = await sideOf(world, 'target', flags.target, flags.targetAdmin);
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const schema = nearPath(dirname(resolve(file)), world.estateSchema);
  const text = initText({ schema, timezone: timeZone, source, target });
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw usageError(`${file} is there already, and was left as it is. godwit init --check looks at it.`);
    throw usageError(`${file} cannot be written: ${whyUnreadable(error)}.`);
  }
  session.conclude({ file }, () => (flags.quiet ? [] : nextSteps(file, { source, target })));
}

const examples = { source: 'imaps://mail.old.example', target: 'imaps://mail.new.example' } as const;
const whereItIs = { source: 'that the mail is on', target: 'that it goes to' } as const;

/** What was given by flags, else what a person answers, else an example to be replaced. */
async function sideOf(
  world: World,
  side: 'source' | 'target',
  givenUrl: string | undefined,
  givenAdmin: string | undefined,
): Promise<InitSide> {
  const example = examples[side];
  if (!world.canAsk || (givenUrl !== undefined && givenAdmin !== undefined))
    return { url: givenUrl ?? example, admin: (givenAdmin ?? (givenUrl === undefined ? 'mover' : '')) || null };
  const url =
    givenUrl ??
    (await answer(world, `URL of the server ${whereItIs[side]} (may be filled in later)`, example, urlProblem));
  const admin =
    givenAdmin ??
    (await answer(
      world,
      `Administrator of the ${side} who may open every mailbox (empty: there is none)`,
      'mover',
      adminProblem,
    ));
  return { url: url || example, admin: admin || null };
}

async function answer(
  world: World,
  asks: string,
  example: string,
  problem: (answer: string) => string | null,
): Promise<string> {
  const answered = await world.ask({ asks, example, problem: (text) => (text === '' ? null : problem(text)) });
  // Whoever gives up at a question stops the command, as with Ctrl-C anywhere else.
  if (answered === null) throw fault('interrupted', { by: 'a question was left unanswered; nothing was written' });
  return answered.trim();
}

function urlProblem(text: string): string | null {
  const parsed = parseEndpoint(text.trim(), 'optional');
  if (parsed.kind === 'refused') return parsed.says;
  return parsed.endpoint.user === null ? null : 'Leave the user out: this is the server of all mailboxes.';
}

function adminProblem(text: string): string | null {
  return /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) ? 'This holds a control character.' : null;
}

/** The way from `folder`, where that is short, so that both can be moved together. */
function nearPath(folder: string, path: string): string {
  const way = relative(folder, path);
  return way.startsWith('..') ? path : `./${way}`;
}

function nextSteps(file: string, sides: Readonly<Record<'source' | 'target', InitSide>>): readonly string[] {
  const names = ['source', 'target'] as const;
  const variables = names.filter((side) => sides[side].admin !== null).map((side) => secretVariable[side]);
  const own = names.filter((side) => sides[side].admin === null);
  return [
    `Wrote ${shown(file)}. Next:`,
    ...stillExamples({ source: sides.source.url, target: sides.target.url }),
    ...(variables.length > 0
      ? [`  put the secrets into ${variables.join(' and ')}, or seal them (godwit secret --help)`]
      : []),
    ...own.map((side) => `  seal each mailbox's password of the ${side} (godwit secret --help)`),
    '  godwit init --check       looks whether all is in order',
    '  godwit estate import …    who is to move (docs/estate.md)',
    '  godwit serve              starts',
  ];
}

function stillExamples(urls: Readonly<Record<'source' | 'target', string>>): readonly string[] {
  const open = (['source', 'target'] as const).filter((side) => urls[side] === examples[side]);
  return open.length > 0 ? [`  put your own servers in the place of the examples (${open.join(', ')})`] : [];
}
