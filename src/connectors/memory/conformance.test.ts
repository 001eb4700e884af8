import type { Traits } from '#ports/mailbox.ts';
import { conformance, type Pair } from '../conformance.ts';
import { memoryHands } from './hands.ts';
import { memorySource, memoryTarget } from './open.ts';
import { MemoryMailbox } from './platform.ts';

function pairWith(traits: Partial<Traits>): () => Promise<Pair> {
  return async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    return {
      openSource: memorySource(source, { traits }),
      openTarget: memoryTarget(target, { traits }),
      source: memoryHands(source),
      target: memoryHands(target),
      [Symbol.asyncDispose]: async () => {},
    };
  };
}

conformance('memory', pairWith({}));
conformance(
  'memory, as a server of the old days,',
  pairWith({ changes: 'none', batches: 'one-by-one', tellsUids: false, moves: 'never' }),
);
conformance('memory, with CONDSTORE only,', pairWith({ changes: 'flags', batches: 'one-by-one', moves: 'by-copies' }));
