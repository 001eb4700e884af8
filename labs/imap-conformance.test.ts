/** The IMAP connector against the suite that all connectors pass, on servers with much, little and odd abilities. */

import { conformance, type Pair } from '#connectors/conformance.ts';
import { imapSource, imapTarget, ServerMemory } from '#connectors/imap/index.ts';
import { memoryHands } from '#connectors/memory/hands.ts';
import { MemoryPlatform } from '#connectors/memory/platform.ts';
import { silent } from '#lib/log.ts';
import { bareCapabilities, everyCapability, simPassword, type SimOptions, startServer } from './sim/server.ts';

/** A source and a target on one server; `remembers`: somebody has been there before, so that all goes out in one write. */
function pairOn(options: Partial<SimOptions>, remembers = false): () => Promise<Pair> {
  return async () => {
    const platform = new MemoryPlatform();
    const from = platform.add('from');
    const to = platform.add('to');
    const server = await startServer({ ...options, platform });
    const servers = new ServerMemory();
    const side = (user: string) => ({
      endpoint: { host: '127.0.0.1', port: server.port, security: 'clear' as const, ca: null, verify: true },
      credentials: {
        current: async () => ({ kind: 'password' as const, user, password: simPassword, onBehalfOf: null }),
      },
      log: silent,
      servers,
      name: `imap+plain://${user}@127.0.0.1`,
    });
    if (remembers) await (await imapSource(side('from'))(new AbortController().signal))[Symbol.asyncDispose]();
    return {
      openSource: imapSource(side('from')),
      openTarget: imapTarget(side('to')),
      source: memoryHands(from),
      target: memoryHands(to),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  };
}

const without = (...left: readonly string[]): readonly string[] =>
  everyCapability.filter((name) => !left.includes(name));

conformance('IMAP with everything', pairOn({}));
conformance('IMAP on a server that is known already', pairOn({}, true));
conformance('IMAP as of RFC 3501', pairOn({ capabilities: bareCapabilities }));
conformance(
  'IMAP with LITERAL- and CONDSTORE only',
  pairOn({ capabilities: [...without('LITERAL+', 'QRESYNC', 'UTF8=ACCEPT'), 'LITERAL-'] }),
);
conformance('IMAP with MULTIAPPEND and literals that wait', pairOn({ capabilities: without('LITERAL+') }));
conformance('IMAP without MOVE', pairOn({ capabilities: without('MOVE') }));
conformance('IMAP in pieces of a few octets', pairOn({ quirks: { pieces: 7 } }));
