/**
 * Sends what is due to be told to people, one after the other. A message has its row before its first octet goes out, so that
 * whoever is killed here leaves one message in doubt and none that is sent twice.
 */

import { Fault, fault } from '#domain/fault.ts';
import { type NoticeKind } from '#domain/notice-kinds.ts';
import { type NoticeHabits, type NoticeLot, noticeRetryMs, noticesDue } from '#domain/notice.ts';
import { isQuiet, quietUntil } from '#domain/notice-hours.ts';
import type { NoticeSettings } from '#domain/notice-settings.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { NoticeOutcome, Notices, NoticeSender, Post, Posted, Reach, Recipient } from '#ports/notices.ts';
import { letterTo, type NoticeTemplates } from './notice-letter.ts';

export interface SendNoticesParts {
  readonly notices: Notices;
  readonly settings: NoticeSettings;
  /** Of the programme. */
  readonly timezone: string;
  /** Throws `notice.template.*`. */
  readonly templates: () => Promise<NoticeTemplates>;
  readonly openPost: () => Post;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SendNoticesOrder {
  /** Null: of all waves. */
  readonly wave: string | null;
  readonly kinds: readonly NoticeKind[];
  /** Asked before each message; true: this run sends no more, and the next one goes on. Lacking: until nothing more is due. */
  readonly isEnough?: () => boolean;
}

export interface NoticesSent {
  readonly sent: number;
  readonly refused: number;
  /** The server said "later" to these; they are tried again. */
  readonly waiting: number;
  readonly unknown: number;
  /** Those for whom it is night where they live. */
  readonly quiet: number;
  /** When the first of them may be written to. */
  readonly quietUntil: number | null;
  /** What ended it before everything had been tried. */
  readonly stopped: Fault | null;
}

export interface NoticesDue {
  readonly kind: NoticeKind;
  readonly wave: string | null;
  readonly mailboxes: number;
  /** Of these, for whom it is night. */
  readonly quiet: number;
}

/** Read at once; what it says of each is some hundred octets. */
const pageMost = 50;
/** One after the other: then it is not the recipients. */
const refusedMost = 10;

/** What would be sent at this moment, by wave and kind. */
export async function noticesToSend(
  parts: Pick<SendNoticesParts, 'notices' | 'settings' | 'timezone'>,
  order: SendNoticesOrder,
): Promise<readonly NoticesDue[]> {
  const due: NoticesDue[] = [];
  for (const { lot, reach, mailboxes, quiet } of await lotsDue(parts, order))
    due.push({ kind: lot.kind, wave: lot.kind === 'stay' ? reach.wave : lot.wave, mailboxes, quiet });
  return due;
}

/** Until nothing more is due, the server takes no more, or the signal fires. Throws `notice.sender.busy`, `notice.template.*`. */
export async function sendNotices(
  parts: SendNoticesParts,
  order: SendNoticesOrder,
  signal: AbortSignal,
): Promise<NoticesSent> {
  const lots = await lotsDue(parts, order);
  const run = new Run();
  for (const { quiet, quietEnds } of lots) run.leaveInPeace(quiet, quietEnds);
  const toSend = lots.filter(({ mailboxes, quiet }) => mailboxes > quiet);
  if (toSend.length === 0) return run.outcome(null);
  const templates = await parts.templates();
  await using sender = await parts.notices.sender();
  if (!sender) throw fault('notice.sender.busy', {});
  await using post = parts.openPost();
  try {
    const { isEnough = () => false } = order;
    for (const { lot, reach } of toSend)
      await sendLot({ ...parts, templates, sender, post, run, isEnough }, lot, reach, signal);
    return run.outcome(null);
  } catch (error) {
    if (signal.aborted) return run.outcome(fault('interrupted', { by: 'a signal' }, { cause: error }));
    if (!(error instanceof Fault)) throw error;
    return run.outcome(error);
  }
}

interface LotDue {
  readonly lot: NoticeLot;
  readonly reach: Reach;
  readonly mailboxes: number;
  readonly quiet: number;
  readonly quietEnds: number | null;
}

async function lotsDue(
  { notices, settings, timezone }: Pick<SendNoticesParts, 'notices' | 'settings' | 'timezone'>,
  { wave, kinds }: SendNoticesOrder,
): Promise<readonly LotDue[]> {
  const habits: NoticeHabits = { ...settings, timezone };
  const { now, waves } = await notices.waves();
  const meant = wave === null ? waves : waves.filter(({ name }) => name === wave);
  const due: LotDue[] = [];
  for (const lot of noticesDue(meant, now, habits, kinds)) {
    const { shared, quiet: hours } = settings;
    const zones = await notices.zones(lot, { shared, timezone, wave });
    if (zones.length === 0) continue;
    const told = zones.map((zone) => ({ name: zone.timezone ?? timezone, mailboxes: zone.mailboxes }));
    const quiet = told.filter(({ name }) => isQuiet(hours, now, name));
    const count = (those: typeof told): number => those.reduce((sum, { mailboxes }) => sum + mailboxes, 0);
    due.push({
      lot,
      reach: { shared, timezone, wave, quietZones: quiet.map(({ name }) => name) },
      mailboxes: count(told),
      quiet: count(quiet),
      quietEnds: quiet.length === 0 ? null : Math.min(...quiet.map(({ name }) => quietUntil(hours, now, name))),
    });
  }
  return due;
}

/** One run of it. */
interface Under extends Omit<SendNoticesParts, 'templates'> {
  readonly templates: NoticeTemplates;
  readonly sender: NoticeSender;
  readonly post: Post;
  readonly run: Run;
  readonly isEnough: () => boolean;
}

async function sendLot(under: Under, lot: NoticeLot, reach: Reach, signal: AbortSignal): Promise<void> {
  const { notices, settings, clock, run, isEnough } = under;
  const everyMs = 60_000 / settings.perMinute;
  for (let after = 0; ; ) {
    const page = await notices.recipients(lot, reach, after, pageMost);
    for (const recipient of page) {
      if (isEnough()) return;
      after = recipient.mailbox;
      await clock.sleep(Math.max(0, run.nextAt - clock.now()), signal);
      run.nextAt = Math.max(run.nextAt, clock.now()) + everyMs;
      // Quiet hours may begin while a large wave is being written to.
      if (isQuiet(settings.quiet, clock.now(), recipient.timezone ?? under.timezone)) continue;
      await sendOne(under, lot, reach, recipient, signal);
    }
    if (page.length < pageMost) return;
  }
}

/** Throws where nobody else would be taken either. */
async function sendOne(
  { settings, timezone, templates, sender, post, run, clock, log }: Under,
  lot: NoticeLot,
  reach: Reach,
  recipient: Recipient,
  signal: AbortSignal,
): Promise<void> {
  const date = new Date(clock.now());
  const letter = letterTo(recipient, { settings, timezone, templates, language: null, date });
  await post.ready(signal);
  const begun = await sender.begin(lot, reach, recipient, letter.language);
  if (!begun) return; // it is not due any more
  const posted = await post.send(letter, signal);
  const outcome = outcomeOf(posted, begun.attempts);
  await sender.settle(begun, outcome);
  run.count(outcome);
  const { mailbox, wave } = recipient;
  const told = { mailbox, wave, message: lot.kind };
  if (outcome.kind === 'sent') log.debug('message sent', told);
  else log.warn(`message ${outcome.kind}`, { ...told, text: outcome.why });
  if (posted.kind === 'later' && posted.isServer) throw fault('notice.server.stopped', { text: posted.why });
  if (outcome.kind === 'refused' && run.refusedInARow >= refusedMost)
    throw fault('notice.refused.often', { messages: run.refusedInARow, text: outcome.why });
}

function outcomeOf(posted: Posted, attempts: number): NoticeOutcome {
  if (posted.kind !== 'later') return posted;
  return { kind: 'waiting', why: posted.why, retryInMs: posted.isServer ? 0 : noticeRetryMs(attempts) };
}

/** What has come of it so far. */
class Run {
  /** When the next may go. */
  nextAt = 0;
  refusedInARow = 0;
  #quiet = 0;
  #quietUntil: number | null = null;
  readonly #counts = { sent: 0, refused: 0, waiting: 0, unknown: 0 };

  leaveInPeace(mailboxes: number, until: number | null): void {
    this.#quiet += mailboxes;
    if (until !== null) this.#quietUntil = Math.min(until, this.#quietUntil ?? until);
  }

  count({ kind }: NoticeOutcome): void {
    this.#counts[kind] += 1;
    if (kind === 'refused') this.refusedInARow += 1;
    else if (kind === 'sent') this.refusedInARow = 0;
  }

  outcome(stopped: Fault | null): NoticesSent {
    return { ...this.#counts, quiet: this.#quiet, quietUntil: this.#quietUntil, stopped };
  }
}
