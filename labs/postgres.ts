/**
 * PostgreSQL as an operator has it: Debian's, with its own pg_dump and pg_restore (the one that Godwit brings has neither), a password
 * for whoever comes, and a machine that can be lost.
 */

import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './at-work.ts';
import { inside, type LabAvailable, labAvailable, runInside } from './namespace.ts';
import { unpacked } from './packages.ts';
import { makeOwned, makeScratch, onFreePorts, removeScratch, type Running, startProcess } from './server.ts';

const run = promisify(execFile);

/** Where Debian 12 has it; other versions lie beside it. */
const programs = '/usr/lib/postgresql/15/bin';

export interface PostgresServer extends AsyncDisposable {
  /** The database `godwit`, which is there, with user and password. */
  readonly url: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Kills it and takes away all of its files; an empty one comes in its place on the same port, without any database. */
  lose(): Promise<void>;
  /** Runs the lines of a shell in `folder`, with PostgreSQL's programs; answers what they say, and rejects where one fails. */
  shell(lines: string, folder: string, environment: Readonly<Record<string, string>>): Promise<string>;
}

export function postgresAvailable(): Promise<LabAvailable> {
  return labAvailable('postgresql');
}

export async function startPostgres(): Promise<PostgresServer> {
  const tree = await unpacked('postgresql');
  const scratch = await makeScratch('postgres');
  await makeOwned(scratch);
  const [user, password] = ['godwit', 'secret of the database'];
  const passwordFile = join(scratch, 'password');
  await writeFile(passwordFile, password);
  const data = join(scratch, 'data');
  const made = async (): Promise<void> => {
    const words = ['--username', user, '--pwfile', passwordFile, '--auth', 'scram-sha-256', '--no-sync'];
    const initdb = ['--pgdata', data, '--encoding', 'UTF8', '--locale', 'C.UTF-8', ...words];
    await runInside(tree, [`${programs}/initdb`, ...initdb], 'nobody');
  };
  const shell: PostgresServer['shell'] = async (lines, folder, environment) => {
    const [file = '', ...args] = inside(tree, ['sh', '-ec', `cd "$1"; ${lines}`, 'sh', folder]);
    const env = { PATH: `${programs}:${process.env['PATH'] ?? ''}`, ...environment };
    return (await run(file, args, { env })).stdout;
  };
  await made();
  return onFreePorts(1, async ([port = 0]) => {
    const options = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', scratch, '-c', 'fsync=off'];
    const start = async (): Promise<Running> => {
      const argv = inside(tree, [`${programs}/postgres`, ...options], 'nobody');
      const running = await startProcess(argv, port, async () => '', '');
      const who = { PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: user, PGPASSWORD: password };
      await eventually('it lets somebody in', () =>
        shell('psql -qc "select" template1', '/', who).then(
          () => true,
          () => false,
        ),
      );
      return running;
    };
    let running = await start();
    const kill = async (): Promise<void> => {
      // Nobody is waited for, and nothing is written in order: its other processes end with the first one.
      process.kill(running.pid, 'SIGKILL');
      await running.stop();
    };
    await shell(`createdb -h 127.0.0.1 -p ${port} -U ${user} godwit`, '/', { PGPASSWORD: password });
    return {
      url: `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/godwit`,
      port,
      user,
      password,
      async lose() {
        await kill();
        await rm(data, { recursive: true, maxRetries: 5, retryDelay: 100 });
        await made();
        running = await start();
      },
      shell,
      async [Symbol.asyncDispose]() {
        await kill();
        await removeScratch(scratch);
      },
    };
  });
}
