/**
 * The third act of `godwit demo`: one person changes sides, and goes back, while her program is signed in through a proxy and a message
 * comes each second. All of it is told second by second, and judged by what her mailbox says in the end.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { announcedSeconds, type Between, standBetween } from './demo-between.ts';
import { domain } from './demo-mail.ts';
import { keepReading, type MailWay, numbersAt, type Person, writeEverySecond } from './demo-program.ts';
import { type Happening, judge, secondLine, secondsHeading, sum, sumLines, underWay } from './demo-seconds.ts';
import { fillMailbox, type Side } from './demo-servers.ts';
import {
  commandsOn,
  databaseFor,
  type DemoAct,
  EndedOtherwise,
  importEstate,
  type Played,
  whileServing,
  windowFrom,
  writeSettings,
} from './demo-serving.ts';
import { mailOf, type Townsman } from './demo-town.ts';

/** She moves; her colleague, who gets mail between hers, stays. */
const her: Townsman = person('nell.pilot', 'Nell Pilot', 'FERRY');
const colleague: Townsman = person('otto.mate', 'Otto Mate', 'OFFICE');
/** Who has an account at both servers. */
export const switchUsers: readonly string[] = [her.user, colleague.user];

const usualMs = 3_000;
/** A switch takes seconds; one that takes that long will not come about while somebody looks on. */
const changesSidesMaxMs = 60_000;
const arrivesMaxMs = 20_000;
/** Something of it was lost or came twice, was refused, or she did not change sides. */
const notAsPromised = 3;

/** Plays it. */
export async function playSwitch(act: DemoAct): Promise<Played> {
  const { stage, servers, password } = act;
  const leftOut = 'The third act, one person who changes sides while her program is signed in, is left out';
  await using between = await standBetween(servers, domain);
  if (between === null) {
    stage.say(`\n${leftOut}: it needs two Dovecots and a proxy, and ${servers.standIn}`);
    return 'left out';
  }
  const state = join(act.folder, 'ferry');
  await using database = await databaseFor(act, state, leftOut);
  if (!database) return 'left out';
  for (const line of introduction(between)) stage.say(line);
  await fillMailbox(servers.old, her.user, password, mailOf(her, 1, Date.now()));
  await writeLists(act.folder);
  const config = await writeSettings(act, act.folder, between.settings, between.platform);
  const files = { state, config };
  const whole = { ...act, environment: { ...act.environment, ...between.environment } };
  const run = commandsOn(whole, files);
  let isWell = false;
  try {
    await importEstate(run, act.folder, ['organisations', 'mailboxes']);
    await run(['wave', 'create', 'ferry', '--select', 'organisation=FERRY', '--window', windowFrom(0)]);
    stage.say('\n$ godwit serve                                (with its doors; it works on behind what follows)\n');
    await whileServing(whole, files, async (open) => {
      await open;
      await using scene = new Scene(act, between);
      await scene.until(() => scene.side !== null);
      isWell = await scene.played('new', () => run(['wave', 'start', 'ferry']));
      if (!isWell) return;
      stage.say('\nShe thinks better of it.\n');
      isWell = await scene.played('old', () => run(['mailbox', 'go-back', her.user, '--why', 'a change of mind']));
    });
    return isWell ? 0 : notAsPromised;
  } catch (error) {
    if (error instanceof EndedOtherwise) return error.code;
    throw error;
  }
}

function introduction({ noPostfix }: Between): readonly string[] {
  const takesIn = noPostfix === null ? 'A Postfix' : "Godwit's own door for deliveries";
  return [
    `\nAnd now one person, closely: ${her.name} has her mail program open while her mailbox changes sides.`,
    'The program is one of ours, a plain IMAP client: signed in through a Dovecot proxy, it looks for mail ten times a second,',
    'and comes back 0.1 s after its session was ended.',
    ...(noPostfix === null ? [] : [`No Postfix is to be had here (${noPostfix}).`]),
    `${takesIn} takes in a message for her each second, and one for a colleague who stays.`,
    `Her switch is announced to the doors ${announcedSeconds} s ahead. Without other mail between it would have to be 40 s, as it usually is:`,
    'for 30 s a Postfix goes by the last answer it was given.',
  ];
}

/** What goes on around her, for as long as it is not disposed of. */
class Scene implements AsyncDisposable {
  readonly #act: DemoAct;
  readonly #mail: MailWay;
  readonly #her: Person;
  readonly #happenings: Happening[] = [];
  readonly #ended = new AbortController();
  readonly #stop: AbortSignal;
  readonly #program: Promise<void>;
  #second = 0;
  #sent = 0;

  constructor(act: DemoAct, { proxyPort, mail }: Between) {
    this.#act = act;
    this.#mail = mail;
    this.#her = { address: her.user, password: act.password };
    this.#stop = AbortSignal.any([this.#ended.signal, act.stage.interruption]);
    this.#program = keepReading(proxyPort, this.#her, this.#tell, this.#stop);
  }

  /** Where her program is signed in at this moment. */
  get side(): Side | null {
    const last = this.#happenings.findLast(({ kind }) => kind === 'signed in' || kind === 'cut');
    return last?.kind === 'signed in' ? last.side : null;
  }

  /** Mail comes each second while `move` brings her to `side`, for a while before and after. False where it was not as it should be. */
  async played(side: Side, move: () => Promise<void>): Promise<boolean> {
    const { stage, servers } = this.#act;
    const begun = performance.now();
    const letters = writeEverySecond(this.#mail, her.user, colleague.user, this.#sent + 1, this.#tell);
    const told = new AbortController();
    stage.say(secondsHeading);
    const telling = this.#tellSeconds(begun, AbortSignal.any([told.signal, this.#stop]));
    let hasMoved: boolean;
    try {
      await this.#pause(usualMs);
      await move();
      stage.say('');
      hasMoved = await this.until(() => this.side === side, changesSidesMaxMs);
      await this.#pause(usualMs);
    } finally {
      await letters.stop();
    }
    await this.until(() => underWay(this.#happenings).length === 0, arrivesMaxMs);
    told.abort();
    await telling;
    this.#sent = Math.max(0, ...this.#happenings.flatMap((each) => (each.kind === 'sent' ? [each.number] : [])));
    const verdict = judge(this.#happenings, await numbersAt(servers[side], this.#her));
    const totals = sum(this.#happenings, begun, performance.now());
    stage.say(
      `\n${hasMoved ? `${her.name} is on the ${side} side.` : `${her.name} did NOT change sides within a minute.`}`,
    );
    for (const line of sumLines('her program', totals, verdict)) stage.say(line);
    return hasMoved && totals.refused === 0 && verdict.lost.length === 0 && verdict.twice.length === 0;
  }

  /** Whether it came to be so within `maxMs`. Throws when the demo is stopped. */
  async until(isSo: () => boolean, maxMs = changesSidesMaxMs): Promise<boolean> {
    for (const since = performance.now(); !isSo(); await this.#pause(20)) {
      this.#act.stage.interruption.throwIfAborted();
      if (performance.now() - since > maxMs) return false;
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#program;
  }

  readonly #tell = (happening: Happening): void => void this.#happenings.push(happening);

  /** A line at the end of each second; the last is told when it is begun. */
  async #tellSeconds(begun: number, stop: AbortSignal): Promise<void> {
    for (let nth = 1; !stop.aborted; nth++) {
      const endMs = begun + nth * 1_000;
      await sleep(Math.max(0, endMs - performance.now()), undefined, { signal: stop }).catch(() => undefined);
      this.#act.stage.say(secondLine(++this.#second, this.#happenings, endMs));
    }
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#act.stage.interruption });
  }
}

async function writeLists(folder: string): Promise<void> {
  const rows = [her, colleague].map(({ user, organisation, name }) => `${user},person,${organisation},,,,,,${name}`);
  const columns = 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint,display_name';
  await writeFile(join(folder, 'mailboxes.csv'), [columns, ...rows, ''].join('\n'));
  const offices = ['FERRY,Ferry crew,', 'OFFICE,Ferry office,'];
  await writeFile(join(folder, 'organisations.csv'), ['code,name,parent', ...offices, ''].join('\n'));
}

function person(local: string, name: string, organisation: string): Townsman {
  return { user: `${local}@${domain}`, name, role: 'Ferry', organisation, kind: 'person' };
}
