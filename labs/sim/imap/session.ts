/** One client of the lab's server: reads commands, lets the fault hooks speak, carries out, answers. */

import { setTimeout as wait } from 'node:timers/promises';
import type { MemoryMailbox, MemoryPlatform } from '#connectors/memory/platform.ts';
import type { Mishap, Moment, Quirks, ServerFaults } from '../faults.ts';
import { commands, stateNeeded } from './commands.ts';
import { decodeName, encodeName } from './names.ts';
import { literalAnnounced, Malformed, type Part, readValues, textOf, type Value } from './parse.ts';
import { bad, no, type Reply } from './reply.ts';
import type { Selected } from './selected.ts';
import { Closed, type TlsMaterial, type Wire } from './wire.ts';
import { writeString } from './write.ts';

/** A literal larger than this is refused; nothing in a lab is. */
const literalMax = 256 << 20;

const onlyBefore = /^(AUTH=|STARTTLS$|LOGINDISABLED$)/;
const alsoBefore = /^(AUTH=|STARTTLS$|SASL-IR$|LITERAL|ID$|ENABLE$|LOGINDISABLED$)/;

export interface SignInAttempt {
  readonly mechanism: 'LOGIN' | 'PLAIN' | 'XOAUTH2' | 'OAUTHBEARER';
  readonly user: string;
  /** On whose behalf (SASL authzid), empty for oneself. */
  readonly authorization: string;
  readonly secret: string;
}

/** What a session shares with its server. */
export interface House {
  readonly platform: MemoryPlatform;
  readonly capabilities: ReadonlySet<string>;
  readonly quirks: Quirks;
  readonly faults: ServerFaults;
  readonly greeting: string;
  readonly tls: TlsMaterial | null;
  readonly appendLimitBytes: number | null;
  /** The name of the mailbox that is opened, or the words of a refusal (with their code if any). */
  readonly signIn: (attempt: SignInAttempt) => { readonly mailbox: string } | { readonly refused: string };
  /** Commands by name, over the server's life. */
  readonly counts: Map<string, number>;
  /** What clients did against the standards; a client of ours must leave this empty. */
  readonly violations: string[];
}

export class Session {
  readonly house: House;
  readonly wire: Wire;
  readonly connection: number;
  mailbox: MemoryMailbox | null = null;
  selected: Selected | null = null;
  readonly enabled = new Set<string>();
  #nth = 0;
  #leaving = false;

  constructor(house: House, wire: Wire, connection: number) {
    this.house = house;
    this.wire = wire;
    this.connection = connection;
  }

  /** Serves until the connection ends; never rejects. */
  async serve(): Promise<void> {
    try {
      await this.#greet();
      while (!this.#leaving && !this.wire.closed) await this.#next();
    } catch (error) {
      if (error instanceof Closed) return;
      // A bug of the lab's: say it where the test will see it, and end the connection.
      this.house.violations.push(`the lab's server failed: ${error instanceof Error ? error.stack : String(error)}`);
      this.wire.destroy();
    }
  }

  has(capability: string): boolean {
    return this.house.capabilities.has(capability);
  }

  get utf8(): boolean {
    return this.enabled.has('UTF8=ACCEPT');
  }

  /** An untagged answer. */
  say(line: string): void {
    this.wire.send(`${'\0'.repeat(this.house.quirks.leadingNuls)}* ${line}\r\n`);
  }

  /** What is announced now: before the sign-in only what is of use then. */
  announced(): string {
    const all = [...this.house.capabilities];
    const offered = all.filter((word) => word !== 'STARTTLS' || (!this.wire.secure && this.house.tls !== null));
    if (this.mailbox) return ['IMAP4rev1', ...offered.filter((word) => !onlyBefore.test(word))].join(' ');
    return ['IMAP4rev1', ...offered.filter((word) => alsoBefore.test(word))].join(' ');
  }

  /** Ends the session after the answer at hand. */
  leave(): void {
    this.#leaving = true;
  }

  /** The name that a client wrote, decoded; null when it is not well-formed. */
  nameOf(value: Value | undefined): string | null {
    const text = textOf(value);
    if (this.utf8) return Buffer.from(text, 'latin1').toString('utf8');
    return decodeName(text);
  }

  /** A name as it goes on the wire. */
  written(name: string): string {
    const encoded = this.utf8 ? Buffer.from(name).toString('latin1') : encodeName(name);
    return writeString(encoded, this.house.quirks.names);
  }

  violation(what: string): void {
    this.house.violations.push(`connection ${this.connection}: ${what}`);
  }

  /** Where we stand, for the fault hooks. */
  moment(command: string, folder: string | null = this.selected?.folder.name ?? null): Moment {
    return { connection: this.connection, command, nth: this.#nth, folder };
  }

  async #greet(): Promise<void> {
    const mishap = this.house.faults.before?.(this.moment('GREETING')) ?? null;
    const reply = await this.#suffer(mishap);
    if (reply) return this.leave();
    this.say(`OK [CAPABILITY ${this.announced()}] ${this.house.greeting}`);
  }

  /** One command from its tag to its tagged answer. */
  async #next(): Promise<void> {
    const first = await this.wire.line(this.house.quirks.maxLineOctets);
    if (first === null) {
      this.violation('a command line beyond the limit');
      this.wire.send('* BYE Command line too long\r\n');
      return this.wire.end();
    }
    this.#nth++;
    const [tag = '', one = '', two = ''] = first.split(' ', 3);
    const name = one.toUpperCase() === 'UID' ? `UID ${two.toUpperCase()}` : one.toUpperCase();
    if (!/^[A-Za-z0-9.,:;_#@!$&'/<=>?^`|~-]+$/.test(tag) || name === '') {
      this.violation(`not a command: ${first.slice(0, 80)}`);
      return this.wire.send('* BAD Invalid tag\r\n');
    }
    const rest = first.slice(tag.length + 1 + name.length).replace(/^ /, '');
    const parts = await this.#parts(tag, name, rest);
    if (!parts) return;
    this.house.counts.set(name, (this.house.counts.get(name) ?? 0) + 1);
    const reply = await this.#carryOut(name, parts, tag);
    if (reply) this.#answer(tag, reply);
    await this.wire.drained();
  }

  /** Collects the parts of a command with its literals; null when it was answered already. */
  async #parts(tag: string, name: string, rest: string): Promise<readonly Part[] | null> {
    const parts: Part[] = [];
    for (let line: string | null = rest; ; ) {
      const literal = literalAnnounced(line);
      if (!literal) {
        parts.push(line);
        return parts;
      }
      parts.push(line.replace(/~?\{\d+\+?\}$/, ''));
      const wrong = this.#literalAllowed(name, parts, literal.sizeBytes, literal.waits);
      if (wrong && literal.waits) {
        this.#answer(tag, wrong);
        return null;
      }
      if (wrong) {
        this.violation(`a literal that must not be sent unasked: ${literal.sizeBytes} octets`);
        this.say(`BYE ${wrong.text}`);
        this.wire.cut();
        throw new Closed();
      }
      const loss =
        this.house.faults.incoming?.(this.moment(name, this.#folderIn(name, parts)), literal.sizeBytes) ?? null;
      if (literal.waits) this.wire.send('+ OK\r\n');
      if (loss) {
        await this.wire.octets(Math.min(loss.afterBytes, literal.sizeBytes));
        this.wire.cut();
        throw new Closed();
      }
      parts.push(await this.wire.octets(literal.sizeBytes));
      line = await this.wire.line(this.house.quirks.maxLineOctets);
      if (line === null) {
        this.#answer(tag, bad('Command line too long'));
        return null;
      }
    }
  }

  #literalAllowed(name: string, parts: readonly Part[], sizeBytes: number, waits: boolean): Reply | null {
    if (sizeBytes > literalMax) return no('Literal too large', 'TOOBIG');
    if (!waits && !this.has('LITERAL+')) {
      if (!this.has('LITERAL-')) return bad('LITERAL+ is not offered here');
      // RFC 7888 §5: without waiting only up to 4,096 octets.
      if (sizeBytes > 4_096) return bad('LITERAL- allows no more than 4096 octets');
    }
    if (waits && name === 'APPEND') {
      const limit = this.house.appendLimitBytes;
      if (limit !== null && sizeBytes > limit) return no('Message is larger than this server takes', 'TOOBIG');
      const folder = this.#folderIn(name, parts);
      if (folder !== null && !this.mailbox?.folder(folder)?.selectable)
        return no('Mailbox does not exist', 'TRYCREATE');
    }
    return null;
  }

  /** The folder an APPEND names, as far as it has come. */
  #folderIn(name: string, parts: readonly Part[]): string | null {
    if (name !== 'APPEND') return this.selected?.folder.name ?? null;
    const head = parts.slice(0, 2).map((part) => (typeof part === 'string' ? part.replace(/\(.*$/s, '') : part));
    const [folder] = readValues(head);
    return folder ? this.nameOf(folder) : null;
  }

  async #carryOut(name: string, parts: readonly Part[], tag: string): Promise<Reply | null> {
    const moment = this.moment(name, this.#folderNamed(name, parts));
    const instead = await this.#suffer(this.house.faults.before?.(moment) ?? null);
    if (instead) return instead === 'nothing' ? null : instead;
    const reply = await this.#run(name, parts, tag);
    if (this.wire.closed) return null;
    const other = await this.#suffer(this.house.faults.after?.(moment) ?? null);
    if (other) return other === 'nothing' ? null : other;
    return reply;
  }

  #folderNamed(name: string, parts: readonly Part[]): string | null {
    if (!/^(APPEND|SELECT|EXAMINE|STATUS|CREATE|DELETE|SUBSCRIBE)$/.test(name))
      return this.selected?.folder.name ?? null;
    try {
      return this.nameOf(readValues(parts)[0]);
    } catch (error) {
      if (error instanceof Malformed) return null;
      throw error;
    }
  }

  async #run(name: string, parts: readonly Part[], tag: string): Promise<Reply | null> {
    const command = commands.get(name);
    if (!command) {
      this.violation(`a command this server does not know: ${name}`);
      return bad(`Unknown command ${name.slice(0, 40)}`);
    }
    const needed = stateNeeded(name);
    if ((needed !== 'any' && !this.mailbox) || (needed === 'selected' && !this.selected)) {
      // Nothing against the client: who pipelines behind a sign-in or EXAMINE that then fails gets this answer.
      return bad('Command not valid in this state');
    }
    try {
      const reply = await command(this, readValues(parts), tag);
      // Before the tagged answer comes what others have changed meanwhile; departures must wait for a command that names UIDs.
      this.selected?.update(this, /^(FETCH|STORE|SEARCH)$/.test(name) ? 'without-expunges' : 'all');
      if (this.house.quirks.chatty) this.#chat();
      return reply;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.violation(`${name}: ${error.message}`);
      return bad(`Error in arguments: ${error.message}`);
    }
  }

  /** Carries out a mishap; what is answered instead, `nothing` when nothing is, null to go on. */
  async #suffer(mishap: Mishap | null): Promise<Reply | 'nothing' | null> {
    switch (mishap?.kind) {
      case undefined:
        return null;
      case 'cut':
        this.wire.cut();
        throw new Closed();
      case 'silence':
        return this.wire.deaf();
      case 'lost-reply':
        return 'nothing';
      case 'delay':
        await wait(mishap.ms);
        return null;
      case 'answer':
        return { status: mishap.status, code: null, text: mishap.text };
      case 'untagged':
        this.say(mishap.line);
        return null;
      case 'bye':
        this.say(`BYE ${mishap.text}`);
        this.wire.end();
        this.leave();
        return 'nothing';
      case 'endless':
        for (;;) {
          this.say(`OK [ALERT] ${'Still here. '.repeat(100)}`);
          await this.wire.drained();
          await new Promise(setImmediate);
        }
    }
  }

  #answer(tag: string, { status, code, text }: Reply): void {
    const shown = code !== null && !this.house.quirks.withoutCodes ? `[${code}] ` : '';
    this.wire.send(`${tag} ${status} ${shown}${text}\r\n`);
  }

  #chat(): void {
    this.say('OK [ALERT] The backup runs at night.');
    if (!this.selected) return;
    const { length } = this.selected.uids;
    this.say(`${length} EXISTS`);
    this.say('FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)');
    if (length > 0) this.say(`${length} FETCH (FLAGS (\\Recent))`);
  }
}
