/**
 * Holds every command line that our pages show against the real command line: the command is there, so are its flags, each has the
 * value that it wants, and nothing is too many. Nothing is run.
 */

import {
  ArgumentParseError,
  buildApplication,
  type Command,
  ExitCode,
  type RouteMap,
  run,
  type StricliProcess,
  text_en,
  UnsatisfiedFlagError,
  UnsatisfiedPositionalError,
} from '@stricli/core';
import { commands, scanner } from '#cli/command-line.ts';
import { behindTheVerb } from '#cli/flags-first.ts';
import type { Session } from '#cli/session.ts';

export interface CommandLine {
  readonly text: string;
  readonly argv: readonly string[];
  /** Speaks of a command without all that it wants: in the middle of a sentence, or with an ellipsis. */
  readonly isPart: boolean;
  readonly line: number;
}

/** The command lines of a page: those in blocks of code, one on each line, and those in the middle of a sentence. */
export function commandLinesOf(page: string): readonly CommandLine[] {
  const found: CommandLine[] = [];
  const prose = page.replaceAll(/^( *)```[^\n]*\n([\s\S]*?)^\1```/gm, (block, _indent, body: string, index: number) => {
    const from = lineAt(page, index) + 1;
    found.push(...linesOf(body, from));
    return block.replaceAll(/[^\n]/g, ' ');
  });
  const sentences = prose.replaceAll(/^(?: {4}.*\n?)+/gm, (block, index: number) => {
    found.push(...linesOf(block, lineAt(page, index)));
    return block.replaceAll(/[^\n]/g, ' ');
  });
  for (const match of sentences.matchAll(/(`+)([^`]+(?:\n[^`\n]+)?)\1(?!`)/g)) {
    const text = (match[2] as string).replaceAll(/\s+/g, ' ');
    const line = lineAt(page, match.index);
    found.push(...invocations(text).map((words) => lineOf(text, words, line, true)));
  }
  return found.toSorted((a, b) => a.line - b.line);
}

/** What is wrong with it in the eyes of the real command line; null where nothing is. */
export async function wrongWith({ argv, isPart }: CommandLine): Promise<string | null> {
  let problem: string | null = null;
  const refused = (text: string) => {
    problem = text;
    return '';
  };
  const app = buildApplication(idle(commands) as RouteMap<Session>, {
    name: 'godwit',
    versionInfo: { currentVersion: '0' },
    scanner,
    localization: {
      text: {
        ...text_en,
        noCommandRegisteredForInput: ({ input }) => refused(`there is no command "${input}"`),
        exceptionWhileParsingArguments: (error) => {
          if (isPart && (error instanceof UnsatisfiedFlagError || error instanceof UnsatisfiedPositionalError))
            return '';
          if (error instanceof ArgumentParseError && isPlaceholder(error.input)) return '';
          return refused(error instanceof Error ? error.message : String(error));
        },
      },
    },
  });
  const nowhere = { write: () => {} };
  const outcome: StricliProcess = { stdout: nowhere, stderr: nowhere, exitCode: null };
  // Nothing is called that looks at its context.
  await run(app, behindTheVerb(argv), {
    process: outcome,
    forCommand: () => ({ process: outcome }) as unknown as Session,
  });
  if (problem === null && outcome.exitCode === ExitCode.CommandLoadError)
    throw new Error(`${argv.join(' ')}: not idle`);
  return problem;
}

/** The same commands, and whichever is called does nothing. */
function idle(target: Command<Session> | RouteMap<Session>): Command<Session> | RouteMap<Session> {
  if ('loader' in target) return { ...target, loader: async () => () => {} };
  return {
    ...target,
    getDefaultCommand: () => {
      const command = target.getDefaultCommand();
      return command && (idle(command) as Command<Session>);
    },
    getRoutingTargetForInput: (input) => {
      const next = target.getRoutingTargetForInput(input);
      return next && idle(next);
    },
  };
}

/** `WAVE`, `ID`, `DATE`: what the reader puts something else for. */
function isPlaceholder(value: string): boolean {
  return /^[A-Z][A-Z:/-]*$/.test(value);
}

/** The lines of a block of code; one that ends with a backslash goes on in the next. */
function linesOf(block: string, from: number): readonly CommandLine[] {
  const lines = block.split('\n');
  const found: CommandLine[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = from + at;
    let text = lines[at] as string;
    while (text.endsWith('\\') && at + 1 < lines.length) text = `${text.slice(0, -1)}${(lines[++at] as string).trim()}`;
    const typed = text.trim().replace(/^\$ /, '');
    found.push(...invocations(typed).map((words) => lineOf(typed, words, line, false)));
  }
  return found;
}

interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
}

function lineOf(text: string, words: readonly Word[], line: number, isPart: boolean): CommandLine {
  const isOpen = (word: Word) => word.text === '…' && !word.isQuoted;
  return {
    text,
    argv: words.filter((word) => !isOpen(word)).map((word) => word.text),
    isPart: isPart || words.some(isOpen),
    line,
  };
}

/** The arguments of each `godwit` in a line of a shell, behind variables, `sudo` and pipes too. */
function invocations(text: string): readonly (readonly Word[])[] {
  return simpleCommands(text).flatMap((words) => {
    let at = 0;
    while (/^[A-Z_]+=/.test(words[at]?.text ?? '')) at++;
    if (words[at]?.text === 'sudo') at += words[at + 1]?.text === '-u' ? 3 : 1;
    return /^(?:\.\/|\/usr\/bin\/)?godwit$/.test(words[at]?.text ?? '') ? [words.slice(at + 1)] : [];
  });
}

/** As much of the grammar of a shell as our pages use: quotes, comments, pipes, lists and redirections. */
function simpleCommands(text: string): readonly (readonly Word[])[] {
  const tokens = text.matchAll(
    /'([^']*)'|"([^"]*)"|(\d?>>?|<)\s*\S+|(&&|\|\|?|;+)(?=\s|$)|(#.*)|(\s+)|([^\s'"]+?(?=;*(?:\s|$)|['"]))/g,
  );
  const commandsHere: Word[][] = [[]];
  let word: Word | null = null;
  const end = () => {
    if (word) commandsHere.at(-1)?.push(word);
    word = null;
  };
  for (const [all, single, double, redirection, list, comment, blank] of tokens) {
    if (blank !== undefined) end();
    else if (comment !== undefined && word === null) break;
    else if (redirection !== undefined && word === null) continue;
    else if (list !== undefined && (word === null || list.startsWith(';'))) {
      end();
      commandsHere.push([]);
    } else {
      const quoted: string | undefined = single ?? double;
      const before: Word = word ?? { text: '', isQuoted: false };
      word = { text: before.text + (quoted ?? all), isQuoted: before.isQuoted || quoted !== undefined };
    }
  }
  end();
  return commandsHere;
}

function lineAt(page: string, index: number): number {
  return page.slice(0, index).split('\n').length;
}
