/** What `godwit completion` prints, in the shells that it is printed for, as somebody at a terminal meets it. */

import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { completionScripts, type Shell, shells } from '../src/cli/completion-scripts.ts';
import { eventually } from './at-work.ts';
import { freshState } from './godwit.ts';
import { inside, labAvailable } from './namespace.ts';
import { unpacked } from './packages.ts';
import { onTerminal, openShell, prompt, type ShellSession } from './shell-session.ts';
import { skipAloud } from './skip-aloud.ts';

const has: Readonly<Record<Shell, boolean>> = {
  bash: true,
  zsh: skipAloud('completion in zsh', await labAvailable('zsh')),
  fish: skipAloud('completion in fish', await labAvailable('fish')),
};

/** How each is begun so that it reads `startFile` in its home; what that says before the line of docs/completion.md. */
const manners: Readonly<
  Record<Shell, { readonly command: string; readonly startFile: string; readonly says: string }>
> = {
  bash: { command: 'bash --rcfile start -i', startFile: 'start', says: `PS1='${prompt}'` },
  zsh: {
    command: 'zsh -o no_global_rcs -i',
    startFile: '.zshrc',
    // Its home is a folder of completions, too, which holds one only where a test puts it there.
    says: `PS1='${prompt}'; unsetopt prompt_sp; fpath=(~ $fpath); autoload -Uz compinit; compinit -u -D`,
  },
  fish: {
    command: 'fish --private --interactive',
    startFile: '.config/fish/config.fish',
    says: `set fish_greeting; set fish_autosuggestion_enabled 0; function fish_prompt; printf '${prompt}'; end`,
  },
};

/** The line that the page tells people to put into their start file. */
async function loadingLine(shell: Shell): Promise<string> {
  const page = await readFile(join(import.meta.dirname, '..', 'docs', 'completion.md'), 'utf8');
  const lines = page.split('\n').filter((line) => line.includes(`godwit completion ${shell}`));
  expect(lines).toHaveLength(1);
  return lines[0] as string;
}

/** A program in the place of ours, which proposes `answers`, and writes down whatever else it is asked: words between bars. */
async function writeProgram(folder: string, shell: Shell, answers: readonly string[]): Promise<string> {
  const [script, calls, program] = ['script', 'calls', 'godwit'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(script, completionScripts[shell]);
  await writeFile(calls, '');
  const lines = [
    '#!/bin/sh',
    `[ "$1 $2" != 'completion ${shell}' ] || exec cat '${script}'`,
    `(printf '%s|' "$@"; echo) >> '${calls}'`,
    ...answers.map((each) => `[ "$1 $2" != 'completion words' ] || echo '${each}'`),
  ];
  await writeFile(program, `${lines.join('\n')}\n`);
  await chmod(program, 0o755);
  return calls;
}

interface AtTerminal extends AsyncDisposable {
  readonly session: ShellSession;
  calls(): Promise<readonly string[]>;
}

/** `line`: what its start file says, where it is not what the page has. */
async function terminal(shell: Shell, answers: readonly string[], line?: string): Promise<AtTerminal> {
  const folder = await freshState();
  const calls = await writeProgram(folder.path, shell, answers);
  const { command, startFile, says } = manners[shell];
  const start = join(folder.path, startFile);
  await mkdir(dirname(start), { recursive: true });
  await writeFile(start, `${says}\n${line ?? (await loadingLine(shell))}\n`);
  await writeFile(join(folder.path, 'accounts.csv'), '');
  // Where there is none, fish begins to read all man pages in the background, and writes for minutes.
  await mkdir(join(folder.path, '.local', 'fish', 'generated_completions'), { recursive: true });
  const tree = shell === 'bash' ? null : await unpacked(shell);
  const words = onTerminal(command);
  const session = await openShell(tree === null ? words : inside(tree, words), folder.path);
  return {
    session,
    calls: async () => (await readFile(calls, 'utf8')).split('\n').filter(Boolean),
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** What is asked and what is run when somebody types this, the tabulator and Enter. */
async function typed(shell: Shell, text: string, answers: readonly string[]): Promise<readonly string[]> {
  await using at = await terminal(shell, answers);
  return await typedAt(at, text);
}

async function typedAt(at: AtTerminal, text: string): Promise<readonly string[]> {
  at.session.type(`${text}\t\r`);
  await eventually(
    'it is run',
    async () => (await at.calls()).some((call) => !call.startsWith('completion|')),
    () => at.session.shown(),
  );
  return await at.calls();
}

test.runIf(has.zsh)('zsh finds it in a folder of completions, as the package of Debian has it', async () => {
  await using at = await terminal('zsh', ['wave'], 'cp script _godwit; compinit -u -D');
  expect((await typedAt(at, 'godwit wa')).at(-1)).toBe('wave|');
});

describe.each(shells.filter((shell) => has[shell]))('%s, by the line of docs/completion.md,', (shell) => {
  test.each<readonly [string, string, readonly string[], string, string]>([
    ['a command', 'godwit wa', ['wave'], 'wa', 'wave'],
    ['a flag', 'godwit get mailboxes --sel', ['--select'], 'get|mailboxes|--sel', 'get|mailboxes|--select'],
    ['a name of which nothing was typed', 'godwit wave start ', ['pilot'], 'wave|start|', 'wave|start|pilot'],
    [
      'an address',
      'godwit mailbox hold ann@co',
      ['ann@corp.example'],
      'mailbox|hold|ann@co',
      'mailbox|hold|ann@corp.example',
    ],
  ])('finishes %s', async (_, text, answers, asked, ran) => {
    const calls = await typed(shell, text, answers);
    expect(calls[0]).toBe(`completion|words|--|${asked}|`);
    expect(calls.at(-1)).toBe(`${ran}|`);
  });

  test('fills in what all proposals begin with, and shows them', async () => {
    await using at = await terminal(shell, ['night-one', 'night-two']);
    at.session.type('godwit wave start ni\t\t\t');
    await at.session.until('night-two');
    expect((await at.calls())[0]).toBe('completion|words|--|wave|start|ni|');
  });

  test('proposes files where there is no word of ours', async () => {
    const calls = await typed(shell, 'godwit copy --accounts acc', []);
    expect(calls.at(-1)).toBe('copy|--accounts|accounts.csv|');
  });
});
