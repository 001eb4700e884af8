/** A shell as somebody types into it: on a terminal of its own (util-linux's `script`), with a start file of ours and none of theirs. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from './at-work.ts';

export interface ShellSession extends AsyncDisposable {
  /** As if typed; `\t` asks for completion. */
  type(text: string): void;
  /** Waits until the terminal has shown `text` since the last time. */
  until(text: string): Promise<void>;
  /** All that the terminal has shown. */
  shown(): string;
}

/** Shown by the start file when it is done, and then before each line. */
export const prompt = 'READY> ';

/** `words`: the program and what makes it interactive; `folder`: its home, and first on its PATH. */
export async function openShell(words: readonly string[], folder: string): Promise<ShellSession> {
  const [file = '', ...args] = words;
  const child = spawn(file, args, {
    cwd: folder,
    env: {
      HOME: folder,
      ZDOTDIR: folder,
      XDG_CONFIG_HOME: join(folder, '.config'),
      XDG_DATA_HOME: join(folder, '.local'),
      PATH: `${folder}:${process.env['PATH'] ?? ''}`,
      // Of the plainest, so that little is drawn between what is said.
      TERM: 'vt100',
      // Whoever ends with its terminal would write it a moment later.
      HISTFILE: '/dev/null',
      LC_ALL: 'C.UTF-8',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let shown = '';
  let read = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  const session: ShellSession = {
    type(text) {
      child.stdin.write(text);
    },
    async until(text) {
      const rest = (): string => shown.slice(read);
      await eventually(`the shell shows ${JSON.stringify(text)}`, async () => rest().includes(text), rest);
      read = shown.length;
    },
    shown: () => shown,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
  await session.until(prompt).catch(async (error: unknown) => {
    await session[Symbol.asyncDispose]();
    throw error;
  });
  return session;
}

/** The words that run `shell` on a terminal of 24 lines; it goes home first, since what comes before it may have left. */
export function onTerminal(shell: string): readonly string[] {
  return ['script', '--quiet', '--command', `stty rows 24 cols 80; cd; exec ${shell}`, '/dev/null'];
}
