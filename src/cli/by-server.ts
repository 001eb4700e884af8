/** `--server URL --token REF`: the server that an estate's verbs go by, where they are not to open its database. */

import { readServerPlace } from '#domain/server-place.ts';
import type { ServerFlags } from './flags.ts';
import { parseSecretRef, readSecret } from './secret.ts';
import type { Session } from './session.ts';
import { readAuthorities } from './sides.ts';
import { Problems } from './usage.ts';
import type { ServerOptions } from './world.ts';

/** Null where the estate is to be opened here. Throws a `UsageError` that names everything wrong. */
export async function serverOf(session: Session, flags: ServerFlags): Promise<ServerOptions | null> {
  const { world } = session;
  const settings = world.settings();
  const problems = new Problems();
  const server = flags.server ?? settings.server;
  if (server === null) {
    if (flags.token !== undefined) problems.add('--token goes with --server URL, or with GODWIT_SERVER.');
    if (flags.serverCa !== undefined) problems.add('--server-ca goes with --server URL, or with GODWIT_SERVER.');
    problems.settle();
    return null;
  }
  const place = readServerPlace(server);
  const flag = flags.server === undefined ? 'GODWIT_SERVER' : '--server';
  if ('problem' in place) problems.add(`${flag}: ${place.problem}`);
  const bearer = await bearerOf(session, flags.token ?? settings.token, flags.token === undefined, problems);
  const ca = await readAuthorities(flags.serverCa ?? settings.ca, problems);
  problems.settle();
  if ('problem' in place || bearer === null) return null;
  return { place, bearer, ca, signal: world.interruption };
}

/** What stands behind `Bearer`; null where it cannot be had, and why is among the problems. */
async function bearerOf(
  session: Session,
  reference: string | null,
  isSetting: boolean,
  problems: Problems,
): Promise<string | null> {
  const flag = isSetting ? 'GODWIT_TOKEN' : '--token';
  if (reference === null) {
    problems.add('A server wants to know who asks: --token env:NAME or file:PATH, or GODWIT_TOKEN (docs/api.md).');
    return null;
  }
  const parsed = parseSecretRef(reference, flag);
  if (parsed.kind === 'refused') problems.add(parsed.says);
  if (parsed.kind === 'refused' || parsed.kind === 'ask') return null;
  const read = await readSecret(parsed, 'the server', session.world);
  if (read.kind === 'refused') {
    problems.add(read.says);
    return null;
  }
  if (read.warning !== null) session.screen.say(`godwit: warning: ${read.warning}`);
  // The file that curl reads (docs/api.md) has the whole header in it.
  const bearer = read.secret.trim().replace(/^(?:Authorization: *)?(?:Bearer +)?/i, '');
  if (/^[\w.~+/=-]{1,512}$/.test(bearer)) return bearer;
  problems.add(`What ${flag} names holds no token of Godwit (godwit access token create).`);
  return null;
}
