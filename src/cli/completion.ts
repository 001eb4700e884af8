/** `godwit completion`: words that the shell may put behind what has been typed, the names of waves and the like among them. */

import { buildApplication, type CommandContext, proposeCompletions } from '@stricli/core';
import { commands, scanner } from './command-line.ts';
import type { ServerFlags, StatusFlags } from './flags.ts';
import { completionScripts, type Shell } from './completion-scripts.ts';
import { settingsOf, openProgrammeFor } from './programme.ts';
import { Session } from './session.ts';
import { serverOf } from './by-server.ts';
import type { Programme } from './world.ts';

/** Somebody holds a finger over a key meanwhile. */
const withinMs = 300;
const proposedMost = 50;

export function printScript({ world }: Session, shell: Shell): void {
  world.stdout.write(completionScripts[shell]);
}

/** A line each. Says nothing where nothing is known, and never what went wrong: it would stand in the middle of a command line. */
export async function proposeWords(this: Session, _flags: object, ...words: readonly string[]): Promise<void> {
  const app = buildApplication(commands, {
    name: 'godwit',
    scanner,
    documentation: { caseStyle: 'convert-camel-to-kebab' },
  });
  const session = new Session(this.world, words);
  try {
    const found = await proposeCompletions(app, words, { process: this.process, forCommand: () => session });
    const names = new Set(found.map(({ completion }) => completion).filter(isPlain));
    this.world.stdout.write([...names].map((name) => `${name}\n`).join(''));
  } catch {
    // A line that is no command of ours yet.
  }
}

/** What a shell takes as it stands: names come from files of others. */
function isPlain(word: string): boolean {
  return /^[\w.@+:%/-]+$/.test(word);
}

export function waveNames(this: CommandContext, partial: string): Promise<readonly string[]> {
  return asked(this, partial, async ({ lists }) => (await lists.waves()).map(({ name }) => name));
}

export function mailboxAddresses(this: CommandContext, partial: string): Promise<readonly string[]> {
  if (!/^[\w.@+-]*$/.test(partial)) return Promise.resolve([]);
  return asked(this, partial, async ({ lists }) => {
    const found = await lists.mailboxes({ selector: { address: [`${partial}*`] }, after: null, max: proposedMost });
    return found.kind === 'page' ? found.lines.map(({ address }) => address) : [];
  });
}

export function organisationCodes(this: CommandContext, partial: string): Promise<readonly string[]> {
  return asked(this, partial, async ({ lists }) => {
    const found = await lists.organisations({ after: partial === '' ? null : partial, max: proposedMost });
    return found.lines.map(({ code }) => code);
  });
}

/** Nothing where it cannot be had, or not at once. */
async function asked(
  context: CommandContext,
  partial: string,
  ask: (programme: Programme) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  if (!(context instanceof Session)) return [];
  const found = (async () => {
    const flags = flagsIn(context.argv);
    if (!(await isToBeAsked(context, flags))) return [];
    await using programme = await openProgrammeFor(context, flags);
    return await ask(programme);
  })();
  const names = await Promise.race([
    found.catch(() => []),
    new Promise<readonly string[]>((resolve) => setTimeout(resolve, withinMs, [])),
  ]);
  return names.filter((name) => name.startsWith(partial)).slice(0, proposedMost);
}

/** A server, or a database of somebody's own: the one that Godwit brings would have to be started for it. */
async function isToBeAsked(session: Session, flags: StatusFlags): Promise<boolean> {
  if ((await serverOf(session, flags)) !== null) return true;
  const settings = await settingsOf(session, flags);
  return settings !== null && settings.database !== 'embedded';
}

const asking = { '--server': 'server', '--token': 'token', '--server-ca': 'serverCa', '--config': 'config' } as const;

/** What has been typed already of where the estate is. */
function flagsIn(words: readonly string[]): ServerFlags & { readonly config?: string; readonly quiet: true } {
  const given: Partial<Record<(typeof asking)[keyof typeof asking], string>> = {};
  for (const [i, word] of words.entries()) {
    const [name = '', ...rest] = word.split('=');
    const key = Object.hasOwn(asking, name) ? asking[name as keyof typeof asking] : null;
    const value = rest.length > 0 ? rest.join('=') : words[i + 1];
    if (key !== null && value !== undefined && value !== '') given[key] = value;
  }
  return { ...given, quiet: true };
}
