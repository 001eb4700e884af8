/** Gives the messages that did not arrive a name that people can look for: their Message-ID, read from the source. */

import type { FolderTree } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Exception, LedgerChange } from '#ports/ledger.ts';
import type { Engine } from './engine.ts';
import { headerField } from './header-field.ts';

/** Messages looked up per folder and run; a folder refused as a whole may hold a million. */
const namedMax = 1_000;
/** RFC 5322 §2.1.1 allows 998 octets in a line. */
const messageIdOctetsMax = 998;

/** What stands for "looked, and it has none", so that it is looked for only once. */
const none = '';

export async function nameRefused(engine: Engine, source: FolderTree): Promise<void> {
  const here = new Set(source.folders.map(({ id }) => id));
  const nameless = [...engine.exceptions.all()].filter(
    ({ kind, messageId, folder, code }) =>
      kind === 'refused' && messageId === null && here.has(folder) && code !== 'breaks-connection',
  );
  const changes: LedgerChange[] = [];
  for (const [folder, refused] of Map.groupBy(nameless, (exception) => exception.folder)) {
    const some = refused.slice(0, namedMax);
    const byUid = new Map(some.map((exception) => [exception.uid, exception]));
    await engine.source.headers(folder, uidSet(some.map(({ uid }) => uid)), ['MESSAGE-ID'], (uid, header) => {
      const exception = byUid.get(uid);
      if (exception) changes.push(engine.exceptions.add(named(exception, header)));
    });
  }
  if (changes.length > 0) await engine.ledger.write(changes);
}

function named(exception: Exception, header: string): Exception {
  const field = headerField(header, 'Message-ID');
  return { ...exception, messageId: field ? cleanText(field, messageIdOctetsMax) : none };
}
