/** What the commands about certificates have in common. */

import { serverOf } from './by-server.ts';
import type { StatusFlags } from './flags.ts';
import type { Session } from './session.ts';
import type { EvidenceWork } from './world.ts';

/** The estate that the flags and settings of this run mean, with its certificates and the keys that sign them. */
export async function openEvidenceFor(session: Session, flags: Omit<StatusFlags, 'output'>): Promise<EvidenceWork> {
  const { world } = session;
  const server = await serverOf(session, flags);
  if (server !== null) return world.openEvidenceThere(server);
  const { config, stateDir, keys } = world.settings();
  const settings = await world.readEstate(flags.config ?? config);
  return await world.openEvidence({
    settings,
    database: settings.database,
    stateDir: flags.state ?? stateDir,
    keys,
    log: session.log(flags),
    signal: world.interruption,
  });
}
