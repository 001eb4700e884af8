/**
 * One run of the command line: where it writes, what it has found out, and what it ends with. Every command gets it as
 * `this`. On stdout stands the result and nothing else; everything about the way there goes to stderr.
 */

import type { CommandContext } from '@stricli/core';
import { Fault, fault } from '#domain/fault.ts';
import type { CommandError } from '#domain/report.ts';
import type { Log } from '#lib/log.ts';
import { type ExitCode, exitCodeOfError, exitCodes } from './exit-code.ts';
import { faultLines } from './fault-text.ts';
import type { OutputFlags } from './flags.ts';
import { LongDocument } from './long-document.ts';
import { Screen } from './screen.ts';
import { harmless, shown } from './shown.ts';
import { problemLine, UsageError } from './usage.ts';
import type { Engine, World } from './world.ts';

export class Session implements CommandContext {
  readonly world: World;
  readonly process: CommandContext['process'];
  readonly screen: Screen;
  /** Whether stdout is to bear one JSON document, whatever happens. */
  readonly json: boolean;
  /** As it was typed. */
  readonly argv: readonly string[];
  exitCode: ExitCode = exitCodes.allThere;
  #documentWritten = false;
  #longDocument: LongDocument | null = null;
  #log: Log | null = null;

  constructor(world: World, argv: readonly string[]) {
    this.world = world;
    this.argv = argv;
    this.json = wantsJson(argv);
    this.screen = new Screen(world.stderr, !argv.includes('-q') && !argv.includes('--quiet') && world.canDraw);
    this.process = {
      stdout: { write: (text) => void world.stdout.write(text) },
      // The library writes a line for each of its findings at once; ours are told by `fail`, and its lines are then empty.
      stderr: { write: (text) => (text.trim() === '' ? undefined : this.screen.say(text.replace(/\n$/, ''))) },
    };
  }

  /** The log of this run, as the flags want it. */
  log(flags: Pick<OutputFlags, 'logLevel' | 'logFormat'>): Log {
    const settings = this.world.settings();
    this.#log ??= this.world.openLog(
      flags.logLevel ?? settings.logLevel,
      flags.logFormat ?? settings.logFormat,
      (line) => this.screen.say(line),
    );
    return this.#log;
  }

  /** Something the operator must see although it stops nothing: whatever the log's level, and as a log line where those are for a program. */
  warn(flags: OutputFlags, text: string): void {
    if ((flags.logFormat ?? this.world.settings().logFormat) === 'json') this.log(flags).warn(text);
    else this.screen.say(`godwit: warning: ${shown(text, 500)}`);
  }

  /** The engine, opened for a command and closed by its `await using`. */
  async engine(flags: OutputFlags, readOnly: boolean): Promise<Engine> {
    const stateDir = flags.state ?? this.world.settings().stateDir;
    return await this.world.openEngine({ stateDir, readOnly, log: this.log(flags) });
  }

  /** Writes the result: the document where JSON is wanted, else the lines. At most one document is ever written. */
  conclude(document: unknown, lines: () => readonly string[]): void {
    if (this.json) {
      if (this.#documentWritten) return;
      this.#documentWritten = true;
      this.world.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      return;
    }
    const text = harmless(lines().join('\n'));
    if (text !== '') this.world.stdout.write(`${text}\n`);
  }

  /** The document of this run, written by whoever asks for it, since it may be long. */
  longDocument(): LongDocument {
    this.#documentWritten = true;
    return (this.#longDocument ??= new LongDocument((text) => void this.world.stdout.write(text)));
  }

  /** A command ended by an error: tells it on stderr, sets the exit code, and concludes with a document without mailboxes. */
  fail(thrown: unknown): void {
    const { interruption } = this.world;
    // Whatever was waited for was ended by a person, and says so in the words of the signal.
    const isStopped = interruption.aborted && thrown === interruption.reason;
    const error = isStopped ? fault('interrupted', { by: 'a signal' }) : thrown;
    this.screen.clear();
    this.exitCode = exitCodeOfError(error);
    for (const line of errorLines(error)) this.screen.say(line);
    if (this.#longDocument) this.#longDocument.fail(commandError(error));
    else this.conclude({ mailboxes: [], error: commandError(error) }, () => []);
  }

  /** Whether the one document has been written, so that an emergency does not write another. */
  get concluded(): boolean {
    return this.#documentWritten;
  }
}

/** Whether `-o json` was asked for, as far as can be told before (and although) the rest cannot be understood. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const flags = end < 0 ? argv : argv.slice(0, end);
  return flags.some(
    (word, i) => /^(-o|--output)=json$/.test(word) || (/^(-[a-z]*o|--output)$/.test(word) && flags[i + 1] === 'json'),
  );
}

function errorLines(error: unknown): readonly string[] {
  if (error instanceof UsageError) {
    const lines = error.problems.map((problem) => `godwit: ${shown(problemLine(problem), 1_000)}`);
    return error.problems.length > 1
      ? [...lines, `godwit: ${error.problems.length} problems; nothing was started.`]
      : lines;
  }
  const { code, message, remedy } = commandError(error);
  const lines = faultLines({ code, message, remedy }).map((line, i) => (i === 0 ? `godwit: ${line}` : `  ${line}`));
  // Only a fault of ours has a place in our code that is worth telling.
  const places = code === 'internal' && error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 9) : [];
  return [...lines, ...places.map((place) => shown(place))];
}

function commandError(error: unknown): CommandError {
  if (error instanceof UsageError) {
    return {
      code: 'usage',
      message: error.message,
      remedy: 'Put it right and run it again; nothing was started.',
      problems: error.problems,
    };
  }
  const fault =
    error instanceof Fault
      ? error
      : new Fault('internal', { detail: error instanceof Error ? error.message : String(error) });
  return { code: fault.code, message: fault.message, remedy: fault.remedy, problems: [] };
}
