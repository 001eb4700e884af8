/** Processes of `godwit` that are killed and started again as an operator's machine would, and what they cost. */

import { readFileSync } from 'node:fs';
import { type Ran, type Running, startGodwit } from './godwit.ts';

const hour = 3_600_000;
/** The exit code of who cannot begin, as the help of the verb says. */
const databaseAway = 5;
const againMs = 500;

export class KeptProcess implements AsyncDisposable {
  readonly name: string;
  readonly #args: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;
  readonly #within: readonly string[];
  #running: Running | null = null;
  #restart: NodeJS.Timeout | null = null;
  #isStopping = false;
  #measure: NodeJS.Timeout;
  #said: string[] = [];
  /** The largest resident set that was seen, over all its lives, in octets. */
  peakBytes = 0;
  /** How it ended when nobody had ended it; nothing may be here. */
  readonly endedByItself: string[] = [];

  /** `within`: put before its command, to run it on another machine. Started now, or when `start` is called. */
  constructor(
    name: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    within: readonly string[] = [],
    isStarted = true,
  ) {
    this.name = name;
    this.#args = args;
    this.#environment = environment;
    this.#within = within;
    this.#measure = setInterval(() => this.#look(), 500);
    if (isStarted) this.start();
  }

  /** Null while it is down. */
  get pid(): number | null {
    return this.#running?.child.pid ?? null;
  }

  /** The last of what all its lives have said, for a failure. */
  get said(): string {
    return this.#said.join('').slice(-4_000);
  }

  /** All that all its lives have said, in the portions in which it came. */
  get saidInAll(): readonly string[] {
    return this.#said;
  }

  start(): void {
    if (this.#running || this.#isStopping) return;
    const running = startGodwit(this.#args, this.#environment, hour, this.#within);
    this.#running = running;
    running.child.stderr?.on('data', (text: string) => this.#said.push(text));
    void running.ended.then((ran) => {
      if (this.#running === running) this.#running = null;
      if (ran.signal === 'SIGKILL' || this.#isStopping) return;
      // Started while the database was away, it says so and is started again; nothing else may end it.
      if (ran.code !== databaseAway)
        this.endedByItself.push(`${this.name} ended with ${ran.code ?? ran.signal}: ${ran.stderr.slice(-2_000)}`);
      this.#restart = setTimeout(() => this.start(), againMs);
    });
  }

  /** SIGKILL, and started again after `downMs`. False when it was not there to be killed. */
  kill(downMs: number): boolean {
    const running = this.#running;
    if (!running) return false;
    this.#look();
    this.#running = null;
    running.child.kill('SIGKILL');
    this.#restart = setTimeout(() => this.start(), downMs);
    return true;
  }

  signal(signal: NodeJS.Signals): void {
    this.#running?.child.kill(signal);
  }

  /** SIGTERM; how it ended. Null when it was down. */
  async stop(): Promise<Ran | null> {
    this.#isStopping = true;
    if (this.#restart) clearTimeout(this.#restart);
    this.#look();
    clearInterval(this.#measure);
    const running = this.#running;
    if (!running) return null;
    running.child.kill('SIGCONT');
    running.child.kill('SIGTERM');
    const harder = setTimeout(() => running.child.kill('SIGKILL'), 30_000);
    const ran = await running.ended;
    clearTimeout(harder);
    return ran;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #look(): void {
    const pid = this.pid;
    if (pid === null) return;
    try {
      const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      this.peakBytes = Math.max(this.peakBytes, Number(peak ?? 0) * 1024);
    } catch {
      // It has just ended.
    }
  }
}
