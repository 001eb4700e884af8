/** Where one history plays: a source, a target that may hold mail already, and somebody who goes on using the source. */

import { createHash } from 'node:crypto';
import { faithful, isRefusal, likeCyrus, likeDovecot, type Manners } from '#connectors/memory/manners.ts';
import { type MemoryFolder, MemoryMailbox, type MemoryMessage } from '#connectors/memory/platform.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { Instant } from '#domain/item.ts';
import type { Chance } from '#lib/chance.ts';
import { Letters } from './letters.ts';

const names = [['INBOX'], ['Work'], ['Work', 'Done'], ['Häuser & Höfe'], ['Lists', 'old'], ['Zeta']];

export class World {
  readonly source: MemoryMailbox;
  readonly target: MemoryMailbox;
  readonly manners: Manners;
  /** What others than us have put on the target: by folder path, as it was. */
  readonly foreign: { readonly path: string; readonly message: MemoryMessage }[] = [];
  /** How often each content has ever been in each folder of the source: `path\0key`. */
  readonly ever = new Map<string, number>();
  /** Flags that each content has ever borne in each folder of the source, and those that its owner has taken from it. */
  readonly worn = new Map<string, Set<string>>();
  readonly shed = new Map<string, Set<string>>();
  /** Changes that the owner of the source has made; every other change of the source is ours, and wrong. */
  ownChanges = 0;
  /** How often messages have left the source, or come under other numbers. */
  departures = 0;
  changes = 0;
  readonly #chance: Chance;
  readonly #letters: Letters;
  readonly #theirs: Letters;

  constructor(chance: Chance) {
    this.#chance = chance;
    this.manners = chance.pick([faithful, faithful, faithful, likeDovecot, likeCyrus]);
    this.#letters = new Letters(chance.fork(), this.manners !== faithful || chance.once(6));
    // The clock of both platforms stands still, so that a history is the same every time.
    const now = (): Instant => 1_700_000_000 as Instant;
    this.source = new MemoryMailbox({ now });
    const separator = chance.pick(['/', '/', '.']);
    const takesKeyword = chance.once(4) ? (word: string) => word !== 'Junk' : () => true;
    this.target = new MemoryMailbox({ now, separator, manners: this.manners, takesKeyword });
    const paths = names.slice(0, chance.between(1, names.length));
    for (const path of paths) this.#fill(path);
    this.#theirs = new Letters(chance.fork(), false, 100_000);
    if (!chance.once(2)) for (const path of paths) if (!chance.once(2)) this.#meddleIn(path, 3);
    this.source.watch(() => this.changes++);
  }

  /** Somebody does something with their mail on the source. */
  live(): void {
    const before = this.changes;
    this.#act();
    this.ownChanges += this.changes - before;
  }

  /** Between two runs another tool copies some of what is not on the target yet, and people put mail of their own there. */
  meddle(): void {
    this.#meddleIn(this.#chance.pick(this.folders).path, 2);
  }

  /** Folders of the source that hold mail. */
  get folders(): readonly MemoryFolder[] {
    return this.source.folders.filter(({ selectable }) => selectable);
  }

  /** What the target makes of a content, in a word; null when it refuses it. */
  keyOf(bytes: Uint8Array): string | null {
    const outcome = this.manners({ bytes, flags: [], internalDate: 1_600_000_000 as Instant });
    return isRefusal(outcome) ? null : contentKey(outcome.bytes);
  }

  #act(): void {
    const chance = this.#chance;
    const folder = chance.pick(this.folders);
    const message = folder.messages.length > 0 ? chance.pick(folder.messages) : null;
    const what = chance.below(20);
    if (what < 9 || !message) this.#add(folder);
    else if (what < 13) this.#dress(folder, message);
    else if (what === 18) this.#fill(chance.pick(names));
    else if (what < 18) this.#leave(() => folder.expunge(uidSet([message.uid])));
    else if (chance.once(3)) this.#leave(() => folder.renumber(chance.pick([1, 1, 500])));
  }

  #dress(folder: MemoryFolder, message: MemoryMessage): void {
    const before = message.flags;
    folder.setFlags(message, this.#letters.someFlags());
    const key = this.#keyIn(folder, message);
    addTo(this.worn, key, message.flags);
    addTo(
      this.shed,
      key,
      before.filter((flag) => !message.flags.includes(flag)),
    );
  }

  #keyIn(folder: MemoryFolder, { bytes }: MemoryMessage): string {
    return `${folder.path.join('/')}\0${this.keyOf(bytes) ?? 'refused'}`;
  }

  #leave(how: () => void): void {
    this.departures++;
    how();
  }

  #fill(path: readonly string[]): void {
    const folder = this.source.create(path);
    if (this.#chance.once(2)) this.source.subscriptions.add(folder.name);
    const count = this.#chance.once(5) ? 0 : this.#chance.once(40) ? this.#chance.below(450) : this.#chance.below(12);
    for (let i = 0; i < count; i++) this.#add(folder);
  }

  #add(folder: MemoryFolder): void {
    const message = folder.add(this.#letters.next());
    const key = this.#keyIn(folder, message);
    this.ever.set(key, (this.ever.get(key) ?? 0) + 1);
    addTo(this.worn, key, message.flags);
  }

  /** People's own mail, and one in so many of what the source holds and the target not yet, perhaps with other flags and dates. */
  #meddleIn(path: readonly string[], oneIn: number): void {
    const chance = this.#chance;
    const folder = this.target.create(path);
    const missing = Map.groupBy(this.source.folder(path.join('/'))?.messages ?? [], ({ bytes }) => this.keyOf(bytes));
    const there = Map.groupBy(folder.messages, ({ bytes }) => contentKey(bytes));
    for (const [key, messages] of missing) {
      if (key === null) continue;
      for (const message of messages.slice(there.get(key)?.length ?? 0)) {
        if (!chance.once(oneIn)) continue;
        const flags = chance.once(2) ? message.flags.filter((flag) => this.target.takes(flag)) : [];
        const arrival = this.target.arrive(folder, [{ ...message, flags }]);
        if (arrival.kind === 'stored') this.#note(path, folder);
      }
    }
    for (let own = chance.below(5); own > 0; own--) {
      const letter = { ...this.#theirs.next(), internalDate: 1_650_000_000 as Instant };
      if (this.target.arrive(folder, [letter]).kind === 'stored') this.#note(path, folder);
    }
  }

  #note(path: readonly string[], folder: MemoryFolder): void {
    const message = folder.messages.at(-1);
    if (message) this.foreign.push({ path: path.join('/'), message: { ...message } });
  }
}

function addTo(sets: Map<string, Set<string>>, key: string, flags: readonly string[]): void {
  sets.set(key, new Set([...(sets.get(key) ?? []), ...flags]));
}

export function contentKey(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('base64');
}
