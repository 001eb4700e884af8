/** Where both mailboxes of a history are looked at from: through our ports at once, or over sockets, as IMAP. */

import { imapSource, imapTarget, ServerMemory } from '#connectors/imap/index.ts';
import { memorySource, memoryTarget } from '#connectors/memory/open.ts';
import { MemoryPlatform } from '#connectors/memory/platform.ts';
import { fault } from '#domain/fault.ts';
import type { Chance } from '#lib/chance.ts';
import { silent } from '#lib/log.ts';
import type { OpenSource, OpenTarget, Traits } from '#ports/mailbox.ts';
import type { Quirks, ServerFaults } from './faults.ts';
import { everyCapability, simPassword, type SimServer, startServer } from './server.ts';
import { serverStorm } from './server-storm.ts';
import { storm, type StormOptions } from './storm.ts';
import type { World } from './world.ts';

export type Side = 'source' | 'target';
export type SideTraits = Pick<Traits, 'changes' | 'tellsUids' | 'batches'>;

/** The weather of one run, for each side. */
export type Weather = (side: Side) => StormOptions;

export interface Stage extends AsyncDisposable {
  ends(weather: Weather): { readonly openSource: OpenSource; readonly openTarget: OpenTarget };
  /** Ends what an earlier process left on the wire, so that it does not happen while the next one is at work. */
  clear(): Promise<void>;
  /** What was done on the way that must not be, in words. */
  findings(): readonly string[];
}

export function memoryStage(world: World, traits: Readonly<Record<Side, SideTraits>>): Stage {
  return {
    ends: (weather) => {
      const end = (side: Side) => {
        const options = weather(side);
        const { chance } = options;
        return { name: `memory://${side}`, traits: traits[side], chance: chance.fork(), faults: storm(options) };
      };
      return {
        openSource: memorySource(world.source, end('source')),
        openTarget: memoryTarget(world.target, end('target')),
      };
    },
    clear: async () => {},
    findings: () => [],
    [Symbol.asyncDispose]: async () => {},
  };
}

/** How long our client waits for an answer: short, since a silent server costs the lab as long. */
const deadlineMs = 400;

/** Two servers with the abilities of `traits`, and manners and gaps by chance. */
export async function imapStage(
  world: World,
  traits: Readonly<Record<Side, SideTraits>>,
  chance: Chance,
): Promise<Stage> {
  const weather: { now: Weather | null } = { now: null };
  const start = async (side: Side): Promise<SimServer> => {
    const platform = new MemoryPlatform();
    platform.mailboxes.set('ann', world[side]);
    const faults = delegating(() => (weather.now ? serverStorm(weather.now(side)) : {}));
    return startServer({
      platform,
      capabilities: capabilitiesOf(traits[side], chance),
      quirks: quirksOf(chance, side),
      faults,
    });
  };
  const servers = { source: await start('source'), target: await start('target') };
  const memory = new ServerMemory();
  const options = (side: Side) => ({
    endpoint: { host: '127.0.0.1', port: servers[side].port, security: 'clear' as const, ca: null, verify: true },
    credentials: {
      current: async () => ({ kind: 'password' as const, user: 'ann', password: simPassword, onBehalfOf: null }),
    },
    log: silent,
    servers: memory,
    name: `imap+plain://ann@${side}`,
    commandDeadlineMs: deadlineMs,
  });
  return {
    ends: (now) => {
      // Asked once for each run, so that the dice of both sides are thrown in the same order every time.
      const both = { source: now('source'), target: now('target') };
      weather.now = (side) => both[side];
      return {
        openSource: unlessDead(both.source, imapSource(options('source'))),
        openTarget: unlessDead(both.target, imapTarget(options('target'))),
      };
    },
    clear: async () => {
      await servers.source.hangUp();
      await servers.target.hangUp();
    },
    findings: () => [
      ...servers.source.violations,
      ...servers.target.violations,
      ...writing.flatMap((name) => {
        const times = servers.source.counts.get(name);
        return times ? [`the source was sent ${name}, ${times} times`] : [];
      }),
    ],
    [Symbol.asyncDispose]: async () => {
      await servers.source[Symbol.asyncDispose]();
      await servers.target[Symbol.asyncDispose]();
    },
  };
}

/** Commands that no source must ever hear. */
const writing = [
  'SELECT',
  'CREATE',
  'DELETE',
  'RENAME',
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'APPEND',
  'EXPUNGE',
  'CLOSE',
  'STORE',
  'COPY',
  'MOVE',
  'UID STORE',
  'UID COPY',
  'UID MOVE',
  'UID EXPUNGE',
];

/** A process that was killed dials nobody. */
function unlessDead<End>({ isDead }: StormOptions, open: (signal: AbortSignal) => Promise<End>) {
  return (signal: AbortSignal): Promise<End> =>
    isDead() ? Promise.reject(fault('internal', { detail: 'the process was killed' })) : open(signal);
}

/** Hooks that ask for the weather as it is when they are called. */
function delegating(now: () => ServerFaults): ServerFaults {
  return {
    before: (moment) => now().before?.(moment) ?? null,
    after: (moment) => now().after?.(moment) ?? null,
    incoming: (moment, sizeBytes) => now().incoming?.(moment, sizeBytes) ?? null,
    outgoing: (moment, uid, sizeBytes) => now().outgoing?.(moment, uid, sizeBytes) ?? null,
    storing: (moment) => now().storing?.(moment) ?? null,
  };
}

function capabilitiesOf(traits: SideTraits, chance: Chance): readonly string[] {
  const missing = new Set<string>(['STARTTLS', 'COMPRESS=DEFLATE']);
  if (traits.changes !== 'flags-and-vanished') missing.add('QRESYNC');
  if (traits.changes === 'none') missing.add('CONDSTORE');
  if (!traits.tellsUids) missing.add('UIDPLUS');
  if (traits.batches === 'one-by-one') missing.add('MULTIAPPEND');
  const literals = chance.pick(['LITERAL+', 'LITERAL-', '']);
  if (literals !== 'LITERAL+') missing.add('LITERAL+');
  for (const word of [
    'LIST-STATUS',
    'LIST-EXTENDED',
    'ESEARCH',
    'UTF8=ACCEPT',
    'NAMESPACE',
    'SASL-IR',
    'UNSELECT',
    'SPECIAL-USE',
  ]) {
    if (chance.once(4)) missing.add(word);
  }
  if (missing.has('LIST-EXTENDED')) missing.add('LIST-STATUS');
  return [...everyCapability.filter((word) => !missing.has(word)), ...(literals === 'LITERAL-' ? [literals] : [])];
}

function quirksOf(chance: Chance, side: Side): Partial<Quirks> {
  const sometimes = <T>(quirk: T): T | Record<string, never> => (chance.once(6) ? quirk : {});
  return {
    ...sometimes({ sizeOff: chance.pick([-3, 7]) }),
    ...sometimes({ withoutCodes: true }),
    ...sometimes({ names: chance.pick(['literal', 'atom'] as const) }),
    ...sometimes({ refusesListReturn: true }),
    ...sometimes({ enablesInSilence: true }),
    ...sometimes({ namespace: chance.pick(['bad', 'drops'] as const) }),
    ...sometimes({ chatty: true }),
    ...sometimes({ leadingNuls: 2 }),
    ...(chance.once(15) ? { pieces: chance.pick([13, 100]) } : {}),
    ...sometimes({ renumberedMidSession: 'goes-on' as const }),
    ...sometimes({ backwards: true }),
    ...(chance.once(15) ? { uidBehindBody: true } : {}),
    ...(side === 'target' ? sometimes({ forgetsFlagsOfAppend: true }) : {}),
    ...(side === 'target' ? sometimes({ keepsUidsToItself: true }) : {}),
  };
}
