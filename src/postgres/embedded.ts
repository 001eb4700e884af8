/**
 * A PostgreSQL of our own for who has none: real programs from npm, its data under the state folder, reached through a
 * Unix socket in a folder that only its owner enters. For a trial or a small estate; a programme has a server of its own.
 *
 * Processes of ours on one state folder share it, whoever started it: the last one to leave stops it. One that was left
 * behind by a process that was killed is found and used. If it ends while it is in use (killed, out of memory) it is
 * started again, and has every row that was committed; its URL stays the same.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, fault } from '#domain/fault.ts';
import { type Log, silent } from '#lib/log.ts';
import { binaries } from './binaries.ts';
import { launch, type Launch, type LaunchOptions } from './launch.ts';
import { makePlace, type Place } from './place.ts';
import { enter, type Presence } from './presence.ts';

export interface EmbeddedServer extends AsyncDisposable {
  /** For `openDatabase` in whatever process of this user on this machine, be it in another network namespace. */
  readonly url: string;
  /** Whether this process started it. */
  readonly isOurs: boolean;
}

export interface EmbeddedOptions {
  /** Where it listens on 127.0.0.1 as well, for who has this password (SCRAM-SHA-256). */
  readonly listen?: { readonly port: number; readonly password: string };
  /** For tests: it forgets what it was told when the machine loses power, and ends when this process does, however that is. */
  readonly fleeting?: boolean;
  readonly log?: Log;
}

/** Recovery after a crash reads what was written since the last checkpoint, at most `max_wal_size`. */
const startMaxMs = 10 * 60_000;
const askAgainMs = 30;
/** While another process has the data: it starts a server, or what is left of a killed one is ending. */
const startAgainMs = 200;
/** Between two attempts to start again what has ended. */
const restartMaxMs = 15_000;

/**
 * Starts the server of this state folder, or finds it running. Throws `database.embedded.unusable`, or the reason of
 * `signal`, which is for the start alone.
 */
export async function startEmbedded(
  stateDir: string,
  options: EmbeddedOptions,
  signal: AbortSignal,
): Promise<EmbeddedServer> {
  const place = makePlace(stateDir);
  const first = await come(place, options, signal);
  const leaving = new AbortController();
  let presence = first.presence;
  // Whoever is first to start it again has to start it with the port that others come by.
  const { port } = first;
  const kept = (async () => {
    for (;;) {
      await presence.ended;
      if (leaving.signal.aborted) return;
      const next = await comeAgain(place, options, port, leaving.signal);
      if (next === null) return;
      presence = next;
      // We left while it was being started.
      if (leaving.signal.aborted) await presence.leave();
    }
  })();
  return {
    url: place.url,
    isOurs: first.isOurs,
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await presence.leave();
      await kept;
    },
  };
}

interface Arrival {
  readonly presence: Presence;
  /** On which it listens besides its socket. */
  readonly port: number | null;
  readonly isOurs: boolean;
}

/** Until a server answers, starting one as soon as nobody else has the data. */
async function come(
  place: Place,
  options: EmbeddedOptions,
  signal: AbortSignal,
  port: number | null = options.listen?.port ?? null,
): Promise<Arrival> {
  const how: LaunchOptions = { port, fleeting: options.fleeting ?? false };
  let tried: Launch | null = null;
  try {
    for (
      const since = Date.now();
      Date.now() - since < startMaxMs;
      await sleep(tried?.ended ? startAgainMs : askAgainMs)
    ) {
      signal.throwIfAborted();
      const presence = await enter(place);
      if (presence !== null && (await isAsWanted(presence, options))) {
        const found = await presence.port().catch(() => port); // it has ended again
        presence.rest();
        return { presence, port: found, isOurs: tried?.ended === null };
      }
      if (tried?.ended === 'failed') throw fault('database.embedded.unusable', { detail: tried.why() });
      if (tried?.ended !== null) tried = launch(await binaries(), place, how);
    }
    const detail = `for ${startMaxMs / 60_000} minutes another process has had ${place.data}, and no server answered.`;
    throw fault('database.embedded.unusable', { detail });
  } catch (error) {
    await tried?.cut();
    if (error instanceof Fault || signal.aborted) throw error;
    throw fault('database.embedded.unusable', { detail: `${(error as Error).message}.` }, { cause: error });
  }
}

/** The same after it ended, until it is there again; null when we leave before. */
async function comeAgain(
  place: Place,
  options: EmbeddedOptions,
  port: number | null,
  signal: AbortSignal,
): Promise<Presence | null> {
  const log = options.log ?? silent;
  log.warn('the embedded PostgreSQL ended, and is started again', { data: place.data });
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, restartMaxMs)) {
    try {
      return (await come(place, options, signal, port)).presence;
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof Fault)) throw error;
      log.error(error.message, { code: error.code });
    }
    await sleep(waitMs, undefined, { signal }).catch(() => undefined); // we leave meanwhile
    if (signal.aborted) return null;
  }
}

/** Whether it listens where it is wanted to. One that does not is stopped where nobody else uses it, and else is a fault. */
async function isAsWanted(presence: Presence, { listen }: EmbeddedOptions): Promise<boolean> {
  if (listen === undefined) return true;
  try {
    if ((await presence.port()) === listen.port) {
      await presence.setPassword(listen.password);
      return true;
    }
  } catch (error) {
    await presence.leave();
    throw error;
  }
  if (await presence.leave()) return false;
  const detail = `another process uses it, which started it without port ${listen.port}; end that one first.`;
  throw fault('database.embedded.unusable', { detail });
}
