/** `godwit serve` and `godwit coexist` as processes that die and are started again. */

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const home = join(import.meta.dirname, '..', '..');
const startMaxMs = 180_000;

/** `godwit serve` or `godwit coexist`, which is ended and started again as its operator's machine would. */
export class GodwitProcess implements AsyncDisposable {
  readonly #verb: 'serve' | 'coexist';
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;
  #life: {
    readonly pid: number;
    readonly ended: Promise<void>;
    readonly kill: (signal: NodeJS.Signals) => void;
  } | null = null;
  #isMeant = false;
  /** How it ended when nobody had ended it; nothing may be here. */
  readonly endedByItself: string[] = [];

  constructor(verb: 'serve' | 'coexist', folder: string, environment: NodeJS.ProcessEnv) {
    [this.#verb, this.#folder, this.#environment] = [verb, folder, environment];
  }

  /** Null while it is down. */
  get pid(): number | null {
    return this.#life?.pid ?? null;
  }

  /** Resolves when it is at work. */
  async start(): Promise<void> {
    const logFile = join(this.#folder, 'log');
    const log = openSync(logFile, 'a');
    const before = readFileSync(logFile, 'utf8').length;
    const said = (): string => readFileSync(logFile, 'utf8').slice(before);
    const preload = this.#verb === 'serve' ? ['--import', join(home, 'labs', 'switch-weather-preload.ts')] : [];
    const node = [process.execPath, ...preload, join(home, 'src', 'app', 'main.ts')];
    const flags = ['--config', join(this.#folder, 'godwit.yaml'), '--state', join(this.#folder, 'state')];
    // It must not outlive a bench that was killed.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...node, this.#verb, ...flags], {
      env: this.#environment,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#isMeant = false;
    const ended = new Promise<void>((resolve) =>
      child.once('close', (code, signal) => {
        this.#life = null;
        if (!this.#isMeant && signal !== 'SIGKILL')
          this.endedByItself.push(`${this.#verb} ended with ${code ?? signal}: ${said().slice(-1_000)}`);
        resolve();
      }),
    );
    this.#life = { pid: child.pid as number, ended, kill: (signal) => void child.kill(signal) };
    for (const since = Date.now(); !said().includes('at work'); await sleep(20))
      if (this.#life === null || Date.now() - since > startMaxMs)
        throw new Error(`godwit ${this.#verb} did not come up: ${said().slice(-2_000)}`);
  }

  /** Ends it, or waits until it has ended. */
  async end(signal: 'SIGTERM' | 'SIGKILL' | null): Promise<void> {
    const life = this.#life;
    if (life === null) return;
    if (signal !== null) {
      this.#isMeant = true;
      life.kill(signal);
    }
    await life.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its servers may be gone already where the bench has failed.
    const harder = setTimeout(() => this.#life?.kill('SIGKILL'), 20_000);
    await this.end('SIGTERM');
    clearTimeout(harder);
  }
}
