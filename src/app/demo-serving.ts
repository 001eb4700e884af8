/**
 * An estate of `godwit demo`: its settings, its database, the control plane that works in this process while an act goes on,
 * and the commands that an engineer would type meanwhile.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoStage } from '#cli/world.ts';
import { isFault } from '#domain/fault.ts';
import { silent } from '#lib/log.ts';
import type { DemoServers, Side } from './demo-servers.ts';
import { type EstateDatabase, openEstateDatabase } from './estate-database.ts';
import { readEstate } from './read-estate.ts';
import { serve } from './serve.ts';

export interface DemoAct {
  readonly stage: DemoStage;
  readonly servers: DemoServers;
  /** Everything is written below it, and whoever calls removes it. */
  readonly folder: string;
  readonly password: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The exit code of the first command that did not go well, or 0; and that an act cannot be played here, which has been told. */
export type Played = number | 'left out';

/** Where an estate keeps what, in files. */
export interface EstateFiles {
  readonly state: string;
  readonly config: string;
}

/** Up from the first command to the last; null where there can be none, which is told as `leftOut`. */
export async function databaseFor(
  { stage, environment }: DemoAct,
  stateDir: string,
  leftOut: string,
): Promise<EstateDatabase | null> {
  try {
    return await openEstateDatabase(
      'embedded',
      {
        stateDir,
        environment: (name) => environment[name],
        connectionsMax: 1,
        applicationName: 'godwit demo',
        log: silent,
      },
      stage.interruption,
    );
  } catch (error) {
    if (!isFault(error, 'database.embedded.unusable')) throw error;
    stage.say(`\n${leftOut}: ${error.message}`);
    return null;
  }
}

/** Writes godwit.yaml with both platforms and `more`; answers with its path. `beside` are lines of each platform besides. */
export async function writeSettings(
  { servers }: DemoAct,
  folder: string,
  more: readonly string[],
  beside: (side: Side) => readonly string[] = () => [],
): Promise<string> {
  const platform = async (name: Side): Promise<readonly string[]> => {
    const { endpoint, caFile } = servers[name];
    if (caFile) await writeFile(join(folder, `${name}.pem`), await readFile(caFile));
    const ca = caFile ? [`  ca: ${name}.pem`] : [];
    return [`  url: ${endpoint}`, `  secret: env:${name.toUpperCase()}`, ...ca, ...beside(name)];
  };
  const lines = ['source:', ...(await platform('old')), 'target:', ...(await platform('new')), ...more];
  const config = join(folder, 'godwit.yaml');
  await writeFile(config, [...lines, 'follow-every: 5s', 'listen: off', ''].join('\n'));
  return config;
}

/** A command that the play rests on ended with another exit code than 0. */
export class EndedOtherwise extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`a command ended with exit code ${code}`);
    this.code = code;
  }
}

/** Tells a command as it is `told`, and runs it. */
export type Command = (argv: readonly string[], told?: readonly string[]) => Promise<void>;

/** Commands on this estate. Each throws `EndedOtherwise` where it does not go well. */
export function commandsOn({ stage, environment }: DemoAct, { state, config }: EstateFiles): Command {
  return async (argv, told = argv) => {
    stage.interruption.throwIfAborted();
    stage.say(`\n$ godwit ${told.map(quoted).join(' ')}\n`);
    const code = await stage.run([...argv, '--state', state, '--config', config], environment);
    if (code !== 0) throw new EndedOtherwise(code);
  };
}

/** The lists of an estate that lie in `folder`, imported. */
export function importEstate(run: Command, folder: string, kinds: readonly string[]): Promise<void> {
  const importing = (path: (name: string) => string): readonly string[] => {
    const files = kinds.flatMap((kind) => [`--${kind}`, path(`${kind}.csv`)]);
    return ['estate', 'import', ...files, '--yes'];
  };
  return run(
    importing((name) => join(folder, name)),
    importing((name) => name),
  );
}

/** The control plane works in this process while `play` goes on; both end when one of them fails. `open`: once its doors are. */
export async function whileServing(
  { stage, environment }: DemoAct,
  { state, config }: EstateFiles,
  play: (open: Promise<void>) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const open = Promise.withResolvers<void>();
  const ended = AbortSignal.any([stop.signal, stage.interruption]);
  const serving = serve(
    {
      settings: await readEstate(config),
      stateDir: state,
      version: stage.version,
      keys: [],
      environment: (name) => environment[name] ?? process.env[name],
      log: silent,
      started: () => open.resolve(),
    },
    ended,
  );
  try {
    await Promise.race([play(open.promise), serving.then(() => Promise.reject(new Error('the control plane ended')))]);
  } finally {
    stop.abort();
    await serving;
  }
}

/** From `inMs` on for eight hours, as `--window` takes it in UTC. */
export function windowFrom(inMs: number): string {
  const at = (ms: number): string => new Date(ms).toISOString().slice(0, 19);
  const opensAt = Date.now() + inMs;
  return `${at(opensAt)}/${at(opensAt + 8 * 3_600_000)}`;
}

function quoted(word: string): string {
  return /[ =]/.test(word) ? `'${word}'` : word;
}
