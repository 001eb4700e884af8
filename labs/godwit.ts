/** Runs `./godwit` as a user would: a process of its own, secrets by environment, its report read from `-o json`. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CopyReport, MailboxReport } from '../src/domain/report.ts';
import type { LabUser } from './server.ts';

const launcher = join(import.meta.dirname, '..', 'godwit');

/** One side of a move, as the command line names it. */
export interface End {
  readonly port: number;
  readonly user: LabUser;
  /** `imap+plain` unless said otherwise. */
  readonly scheme?: 'imap+plain' | 'imap' | 'imaps';
  readonly host?: string;
}

export interface Ran {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Copied extends Ran {
  readonly report: CopyReport;
  /** The first mailbox of the report. */
  readonly mailbox: MailboxReport;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
}

/** Starts the launcher, or another `program`, behind `within` if given. It is killed after `timeoutMs`, and the test then fails on its code. */
export function startGodwit(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  timeoutMs = 100_000,
  within: readonly string[] = [],
  program: readonly string[] = [launcher],
): Running {
  // GODWIT_… of the labs are none of the product's settings, which stops at variables it does not know.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('GODWIT_') && !name.startsWith('VITEST'),
  );
  // It must not outlive a test that was given up: SIGKILL when we end (the launcher execs, so Node inherits it).
  const [file = '', ...rest] = [...within, 'setpriv', '--pdeathsig', 'KILL', ...program, ...args];
  const child = spawn(file, rest, {
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended };
}

/** `imap+plain://someone@127.0.0.1:port`. */
export function urlOf(end: End): string {
  return `${end.scheme ?? 'imap+plain'}://${encodeURIComponent(end.user.name)}@${end.host ?? '127.0.0.1'}:${end.port}`;
}

/** The arguments and environment of `godwit VERB SOURCE TARGET -o json` with its state in `state`. */
export function startVerb(
  verb: 'copy' | 'verify',
  source: End,
  target: End,
  state: string,
  more: readonly string[] = [],
  within: readonly string[] = [],
): Running {
  return startGodwit(
    [
      verb,
      urlOf(source),
      urlOf(target),
      '--source-secret',
      'env:LAB_SOURCE',
      '--target-secret',
      'env:LAB_TARGET',
      '--state',
      state,
      '-o',
      'json',
      ...more,
    ],
    { LAB_SOURCE: source.user.password, LAB_TARGET: target.user.password },
    100_000,
    within,
  );
}

/** Copies one mailbox and reads the report. Throws with everything the process said when there is no report. */
export async function godwitCopy(
  source: End,
  target: End,
  state: string,
  more: readonly string[] = [],
): Promise<Copied> {
  return readReport(await startVerb('copy', source, target, state, more).ended);
}

/** Reads the JSON document of a run that has ended. */
export function readReport(ran: Ran): Copied {
  try {
    const report = JSON.parse(ran.stdout) as CopyReport;
    return { ...ran, report, mailbox: report.mailboxes[0] as MailboxReport };
  } catch (cause) {
    throw new Error(
      `no report (code ${ran.code}, signal ${ran.signal}): ${ran.stdout.slice(0, 2000)}\n${ran.stderr.slice(-4000)}`,
      { cause },
    );
  }
}

/** A fresh folder for the ledger; removed when disposed. */
export async function freshState(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'godwit-state-'));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}
