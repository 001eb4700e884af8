/** Somebody who goes on using the source mailbox while it is copied: new mail, new folders, changed flags, removals. */

import { Chance } from '../src/lib/chance.ts';
import { plainMessages } from './awkward-mail.ts';
import { toWire } from './folder-names.ts';
import { appendBatch, type SeedMessage } from './seed.ts';
import type { LabUser } from './server.ts';
import { octets, Wire, WireRefusal } from './wire.ts';

export class SourceWriter implements AsyncDisposable {
  readonly #wire: Wire;
  readonly #chance: Chance;
  readonly #folders: { readonly name: string; messages: number }[] = [];
  #batch = 0;
  #running: Promise<void> | null = null;
  #stopped = false;
  messages = 0;
  /** Whether messages are removed and moved, too; then each is written once, and never comes back to a folder. */
  readonly #removes: boolean;

  private constructor(wire: Wire, chance: Chance, removes: boolean) {
    this.#wire = wire;
    this.#chance = chance;
    this.#removes = removes;
  }

  static async open(port: number, user: LabUser, seed: number, removes = false): Promise<SourceWriter> {
    const writer = new SourceWriter(await Wire.signedIn(port, user), new Chance(seed), removes);
    // As Cyrus does with a new INBOX: an account that is subscribed to less than its target would differ from it.
    await writer.#wire.ok('SUBSCRIBE INBOX');
    for (const name of ['INBOX', 'Work', 'Lists']) await writer.#addFolder(name);
    return writer;
  }

  /** Appends some messages now; some are the same bytes twice, as real mailboxes hold them, unless messages are moved. */
  async write(count: number): Promise<void> {
    const messages: SeedMessage[] = [...plainMessages(this.#chance.bits(), count, `batch-${this.#batch++}`)];
    if (!this.#removes && this.#chance.once(3)) messages.push(messages[0] as SeedMessage);
    const folder = this.#chance.pick(this.#folders);
    await appendBatch(this.#wire, Buffer.from(folder.name, 'latin1'), messages);
    folder.messages += messages.length;
    this.messages += messages.length;
  }

  /** One thing that somebody does with a mailbox. */
  async act(messagesMax = 25): Promise<void> {
    if (this.#chance.once(40) && this.#folders.length < 12) await this.#addFolder(`Ordner ${this.#folders.length} ä`);
    else if (this.#chance.once(4)) await this.#changeFlags();
    else if (this.#removes && this.#chance.once(3)) await this.#remove();
    else await this.write(this.#chance.between(1, messagesMax));
  }

  /** Marks everything in the mailbox as unread. */
  async unreadAll(): Promise<void> {
    for (const response of (await this.#wire.ok('LIST "" *')).untagged) {
      const opened = await this.#wire.command('SELECT ', Buffer.from(octets(response[3]), 'latin1'));
      if (opened.status === 'OK') await this.#wire.ok('UID STORE 1:* -FLAGS.SILENT (\\Seen)');
    }
  }

  /** Goes on writing in bursts until `stop`. */
  start(): void {
    this.#stopped = false;
    this.#running = this.#goOn();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    this.#running = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#wire[Symbol.asyncDispose]();
  }

  async #goOn(): Promise<void> {
    while (!this.#stopped) {
      await this.act();
      await new Promise((resolve) => setTimeout(resolve, this.#chance.between(5, 60)));
    }
  }

  async #addFolder(name: string): Promise<void> {
    const wireName = toWire(name);
    if (name !== 'INBOX') {
      const made = await this.#wire.command('CREATE ', Buffer.from(wireName, 'latin1'));
      // They may have been here before.
      if (made.status !== 'OK' && !made.text.includes('ALREADYEXISTS')) throw new WireRefusal(`CREATE: ${made.text}`);
    }
    this.#folders.push({ name: wireName, messages: 0 });
  }

  async #changeFlags(): Promise<void> {
    const folder = this.#chance.pick(this.#folders);
    if (folder.messages === 0) return;
    await this.#wire.ok('SELECT ', Buffer.from(folder.name, 'latin1'));
    const uid = this.#chance.between(1, folder.messages);
    const flag = this.#chance.pick(['\\Seen', '\\Flagged', '\\Answered', 'urgent', '$Forwarded']);
    await this.#wire.ok(
      `UID STORE ${uid}:${uid + this.#chance.below(4)} ${this.#chance.once(2) ? '+' : '-'}FLAGS.SILENT (${flag})`,
    );
  }

  /** Removes some messages, or moves them to a younger folder, where they get new UIDs. */
  async #remove(): Promise<void> {
    const folder = this.#chance.pick(this.#folders);
    if (folder.messages === 0) return;
    await this.#wire.ok('SELECT ', Buffer.from(folder.name, 'latin1'));
    const uid = this.#chance.between(1, folder.messages);
    const uids = `${uid}:${uid + this.#chance.below(6)}`;
    const younger = this.#folders.slice(this.#folders.indexOf(folder) + 1);
    if (younger.length > 0 && this.#chance.once(3)) {
      const into = this.#chance.pick(younger);
      const reply = await this.#wire.ok(`UID MOVE ${uids} `, Buffer.from(into.name, 'latin1'));
      // UIDs go on counting in the folder they are moved to; a rough upper bound is enough to choose from.
      if (reply.status === 'OK') into.messages += 6;
      return;
    }
    await this.#wire.ok(`UID STORE ${uids} +FLAGS.SILENT (\\Deleted)`);
    await this.#wire.ok(`UID EXPUNGE ${uids}`);
  }
}
