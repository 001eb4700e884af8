/**
 * A process of its own that uses the embedded server, for tests that kill it: `node embedded.test-kit.ts FOLDER [PORT]`, the
 * password for the port in the environment (EMBEDDED_PASSWORD). Says on stdout, one line of JSON each, that it has come in, or the fault that
 * it met, then the number of each row when it is committed, while its stdin says `write`; leaves when its stdin ends.
 */

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { Fault } from '#domain/fault.ts';
import { startEmbedded } from './embedded.ts';

type Came = { readonly came: { readonly url: string; readonly isOurs: boolean } };
type Refused = { readonly fault: string; readonly message: string };
type Committed = { readonly committed: number };
export type Word = Came | Refused | Committed;

/** One such process, as a test sees it. */
export class User implements AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  readonly words: Word[] = [];
  readonly #ended: Promise<number | null>;
  readonly #complaints: Promise<string>;
  #heard: () => void = () => undefined;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    this.#ended = new Promise((resolve) => child.once('close', resolve));
    this.#complaints = text(child.stderr);
    child.stdin.on('error', () => undefined); // it was killed
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.words.push(JSON.parse(line) as Word);
      this.#heard();
    });
    void this.#ended.then(() => this.#heard());
  }

  /** The first word that is wanted, be it said already. Throws when the process ends without it. */
  async says<W extends Word>(isWanted: (word: Word) => word is W): Promise<W> {
    for (;;) {
      const word = this.words.find(isWanted);
      if (word !== undefined) return word;
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error(await this.#complaints);
      await new Promise<void>((resolve) => (this.#heard = resolve));
    }
  }

  async came(): Promise<{ readonly url: string; readonly isOurs: boolean }> {
    const word = await this.says((each): each is Came | Refused => !('committed' in each));
    if ('fault' in word) throw new Error(`${word.fault}: ${word.message}`);
    return word.came;
  }

  async fault(): Promise<string> {
    const { fault, message } = await this.says((word): word is Refused => 'fault' in word);
    return `${fault}: ${message}`;
  }

  write(): void {
    this.child.stdin.write('write\n');
  }

  get committed(): readonly number[] {
    return this.words.flatMap((word) => ('committed' in word ? [word.committed] : []));
  }

  /** Waits until so many rows are committed. */
  async hasCommitted(rows: number): Promise<void> {
    await this.says((word): word is Committed => 'committed' in word && word.committed >= rows);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
  }

  /** Lets it leave. Answers with what it complained of. */
  async leave(): Promise<string> {
    this.child.stdin.end();
    await this.#ended;
    return this.#complaints;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }
}

export interface UserOptions {
  /** Another user, another network, other limits: a command that runs the one that follows it. */
  readonly through?: readonly string[];
  readonly port?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export function startUser(folder: string, { through = [], port, environment = {} }: UserOptions = {}): User {
  const words = [process.execPath, fileURLToPath(import.meta.url), folder, ...(port === undefined ? [] : [`${port}`])];
  const [program, ...rest] = [...through, ...words] as [string, ...string[]];
  return new User(spawn(program, rest, { env: { PATH: process.env['PATH'], ...environment } }));
}

async function main(folder: string, port: string | undefined): Promise<void> {
  const say = (word: Word) => process.stdout.write(`${JSON.stringify(word)}\n`);
  try {
    const password = process.env['EMBEDDED_PASSWORD'] ?? '';
    const listen = port === undefined ? {} : { listen: { port: Number(port), password } };
    await using server = await startEmbedded(folder, listen, AbortSignal.timeout(60_000));
    say({ came: { url: server.url, isOurs: server.isOurs } });
    for await (const _line of createInterface({ input: process.stdin })) await writeRows(server.url, say);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    say({ fault: error.code, message: error.message });
  }
}

/** Until this process is killed, or the server. */
async function writeRows(url: string, say: (word: Word) => void): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // the next query tells
  await client.connect();
  try {
    await client.query('create table if not exists row (n int primary key)');
    for (let n = 1; ; n++) {
      await client.query('insert into row values ($1)', [n]);
      say({ committed: n });
    }
  } catch {
    await client.end().catch(() => undefined);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv[2] as string, process.argv[3]);
