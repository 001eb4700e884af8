/**
 * What the source's bytes of one job run into: each message is begun in a batch, compared with mail that was on the target,
 * or dropped, and what goes by is learnt from (`content.ts`).
 */

import type { Instant, Uid } from '#domain/item.ts';
import type { MessageSink, MessageWords } from '#ports/mailbox.ts';
import { type Content, ContentReader, LevelledHash } from './content.ts';
import type { Engine } from './engine.ts';
import { type Job, type Part, rowOf, type SendPlan, type Stop, wordsFor } from './send-plan.ts';
import { rowAsItComes } from './unlisted.ts';
import { unsentWords } from './unsent.ts';

/** What the sink asks of the transfer that it belongs to. Nothing here may throw, save what `guard` runs. */
export interface Hands {
  hasFailed(): boolean;
  /** The part that is being filled, of whichever job. */
  part(): Part | null;
  /** The part that the next message of `job` goes into. */
  partFor(job: Job, sizeBytes: number): Part;
  compare(job: Job, row: number, read: Content & { readonly levelled: string }): void;
  /** Why nothing more is sent into this folder; null when it is open. */
  stopOf(plan: SendPlan): Stop | null;
  refuse(job: Job, uid: Uid, code: string, text: string, sizeBytes: number | null): void;
  /** Runs a step; what it throws ends the transfer. */
  guard(step: () => void): void;
  returned(): Promise<void> | null;
}

/** The sink for one job's FETCH. */
export function sinkFor(engine: Engine, job: Job, hands: Hands): MessageSink {
  const { plan } = job;
  const content = new ContentReader();
  const limit = engine.target.traits.appendLimitBytes;
  const seen = new Set<Uid>();
  let row = -1;
  let doing: 'send' | 'compare' | 'drop' = 'drop';
  let words = { flags: [] as readonly string[], internalDate: null as Instant | null };
  let uid = 0 as Uid;
  let levelled = new LevelledHash();

  const begin = (at: Uid, sizeBytes: number, told: MessageWords | null): void => {
    uid = at;
    doing = 'drop';
    content.begin(sizeBytes);
    // A server may answer for a message twice, or for one that nobody asked for.
    if (seen.has(uid) || hands.hasFailed()) return;
    row = job.unlisted ? rowAsItComes(job, job.unlisted, uid, sizeBytes, told) : rowOf(plan, job.rows, uid);
    if (row === -1) return;
    seen.add(uid);
    if (limit !== null && sizeBytes > limit) {
      hands.refuse(job, uid, 'too-big', `${sizeBytes} octets, and the target takes ${limit} at most`, sizeBytes);
      return;
    }
    if (plan.foreign.mayHold(uid, sizeBytes, plan.listing.internalDate(row))) {
      // Also where nothing more is sent: what is there already has arrived.
      doing = 'compare';
      levelled = new LevelledHash();
      return;
    }
    const stop = hands.stopOf(plan);
    if (stop) {
      hands.refuse(job, uid, stop.code, unsentWords(stop), sizeBytes);
      return;
    }
    doing = 'send';
    words = wordsFor(plan, row);
    hands.partFor(job, sizeBytes).batch.begin({ ...words, sizeBytes });
    engine.at('batch.begun');
  };
  const end = (): void => {
    if (doing === 'drop') return;
    const read = content.end();
    if (doing === 'compare') return hands.compare(job, row, { ...read, levelled: levelled.end() });
    const part = hands.part() as Part;
    part.batch.end();
    const element = engine.elements.element(read.sha256, read.sizeBytes, words.internalDate);
    part.items.push({ row, uid, content: read, element, ...words, targetUid: null, stored: false });
  };
  return {
    begin: (at, sizeBytes, told) => hands.guard(() => begin(at, sizeBytes, told)),
    data: (chunk) =>
      hands.guard(() => {
        if (doing === 'drop') return;
        content.data(chunk);
        if (doing === 'send') hands.part()?.batch.data(chunk);
        else levelled.data(chunk);
      }),
    end: () => hands.guard(end),
    broken: () => {
      // When we have hung up ourselves, because of something else, the message at hand has nothing to do with it.
      if (!hands.hasFailed()) engine.suspects.add(plan.work.source.id, uid);
      if (doing === 'send') hands.part()?.batch.abandon();
    },
    returned: () => hands.returned(),
  };
}
