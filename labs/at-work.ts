/** `godwit serve` and `godwit worker` as processes of their own, asked how they do as whoever operates them would. */

import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Ran, startGodwit } from './godwit.ts';

export interface AtWork extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Ran>;
  /** All that it has said on stderr. */
  said(): string;
  /** Where it can be asked; waits until it says. */
  address(): Promise<string>;
  /** What it answers there. */
  ask(path: string): Promise<{ readonly status: number; readonly text: string }>;
  /** The value of a metric without labels, or with these as they are written; null where it is not told. */
  metric(name: string): Promise<number | null>;
}

/** Longer than any of what is waited for, also on a machine with a lot of other work. */
export const waitMaxMs = 90_000;

/** Starts it; killed in the end unless it has ended. */
export function goToWork(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  program?: readonly string[],
): AtWork {
  const { child, ended } = startGodwit([...args, '--listen', '127.0.0.1:0'], environment, 10 * 60_000, [], program);
  let said = '';
  child.stderr?.on('data', (text: string) => (said += text));
  const address = async (): Promise<string> => {
    const found = (): string | undefined => /\bat(?:=|":")(127\.0\.0\.1:\d+)/.exec(said)?.[1];
    await eventually(
      'it says where it listens',
      async () => found() !== undefined,
      () => said,
    );
    return found() as string;
  };
  const ask = async (path: string) => {
    const response = await fetch(`http://${await address()}${path}`);
    return { status: response.status, text: await response.text() };
  };
  return {
    child,
    pid: child.pid as number,
    ended,
    said: () => said,
    address,
    ask,
    async metric(name) {
      const { text } = await ask('/metrics');
      const line = text.split('\n').find((each) => each.startsWith(`${name} `));
      return line === undefined ? null : Number(line.slice(name.length));
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Waits until `holds`; throws with `tells()` when it does not come to that. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean>,
  tells: () => string = () => '',
): Promise<void> {
  for (const since = Date.now(); !(await holds()); await sleep(100))
    if (Date.now() - since > waitMaxMs) throw new Error(`waited in vain until ${what}\n${tells().slice(-3_000)}`);
}
