/** `godwit notices`: messages to people, looked at before they go, sent, and looked up afterwards. */

import type { NoticeLine } from '#domain/notice-list.ts';
import { noticeStates } from '#domain/notice-list.ts';
import { noticeKinds } from '#domain/notice-kinds.ts';
import { readLanguage } from '#domain/estate-values.ts';
import { told } from '#domain/fault.ts';
import { csvLine } from '#lib/csv-cells.ts';
import { serverOf } from './by-server.ts';
import { exitCodeOfError, exitCodes } from './exit-code.ts';
import type {
  EstateFlags,
  NoticeListFlags,
  NoticePreviewFlags,
  NoticeSendFlags,
  OutputFlags,
  ServerFlags,
} from './flags.ts';
import { countLines, dueLines, letterLines, noticeColumns, noticeLines, sentLines } from './notices-text.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';
import { usageError } from './usage.ts';
import type { NoticesWork } from './world.ts';

/** As many as a person reads. Files and programs get all of them. */
const linesOnScreen = 50;
const pageLines = 5_000;

export async function previewNotice(this: Session, flags: NoticePreviewFlags, address: string): Promise<void> {
  const kind = flags.moment ?? 'T-14';
  const language = flags.language === undefined ? null : languageIn(flags.language);
  await using work = await openNoticesFor(this, flags);
  const previewed = await work.preview({ address, kind, language });
  switch (previewed.kind) {
    case 'unknown':
      throw usageError(`There is no mailbox ${shown(address)} in this estate.`);
    case 'no-wave':
      throw usageError(`${shown(address)} belongs to no wave, and so there is no date of which a message could tell.`);
    case 'letter': {
      const { letter, octets } = previewed;
      this.conclude({ moment: kind, ...letter, octets }, () =>
        flags.raw === true ? [octets.trimEnd()] : letterLines(letter),
      );
    }
  }
}

export async function sendDueNotices(this: Session, flags: NoticeSendFlags): Promise<void> {
  if (flags.dryRun === true && flags.again === true) throw usageError('--again sends; leave out --dry-run.');
  const order = { wave: flags.wave ?? null, kinds: flags.moment ? [flags.moment] : noticeKinds };
  await using work = await openNoticesFor(this, flags);
  if (flags.dryRun === true) {
    const due = await work.due(order);
    return this.conclude({ due }, () => dueLines(due));
  }
  if (flags.again === true) await work.again(order.wave);
  const sent = await work.send(order, this.world.interruption);
  const { stopped } = sent;
  if (stopped) this.exitCode = exitCodeOfError(stopped);
  else if (sent.refused + sent.unknown > 0) this.exitCode = exitCodes.withExceptions;
  this.conclude({ ...sent, stopped: stopped && told(stopped) }, () => sentLines(sent));
}

export async function listNotices(this: Session, flags: NoticeListFlags): Promise<void> {
  const limit = limitOf(flags);
  await using work = await openNoticesFor(this, flags);
  const wave = flags.wave ?? null;
  const pages = pagesOf(work, { wave, states: flags.became ? [flags.became] : noticeStates }, limit ?? null);
  if (this.json) {
    const first = await pages.next();
    const document = this.longDocument();
    await document.list('notices', startingWith(first, pages));
    document.value('counts', await work.counts(wave));
    document.end();
  } else if (flags.output === 'csv') {
    this.world.stdout.write(csvLine(noticeColumns.map(({ key }) => key)));
    for await (const lines of pages)
      this.world.stdout.write(lines.map((line) => csvLine(noticeColumns.map(({ cell }) => cell(line)))).join(''));
  } else {
    const onScreen = limit ?? linesOnScreen;
    const { value } = await pagesOf(
      work,
      { wave, states: flags.became ? [flags.became] : noticeStates },
      onScreen,
    ).next();
    const lines = value ?? [];
    const counts = await work.counts(wave);
    this.conclude(null, () => [...noticeLines(lines), ...countLines(counts, lines.length)]);
  }
}

async function openNoticesFor(
  session: Session,
  flags: EstateFlags & ServerFlags & Omit<OutputFlags, 'output'>,
): Promise<NoticesWork> {
  const { world } = session;
  const server = await serverOf(session, flags);
  if (server !== null) return (await world.openDesksThere(server)).notices();
  const { config, stateDir, keys } = world.settings();
  return world.openNotices({
    settings: await world.readEstate(flags.config ?? config),
    stateDir: flags.state ?? stateDir,
    keys,
    log: session.log(flags),
    signal: world.interruption,
  });
}

function languageIn(text: string): string {
  const language = readLanguage(text);
  if ('problem' in language) throw usageError(`--language: ${language.problem}`);
  return language.value;
}

function limitOf({ limit }: NoticeListFlags): number | undefined {
  if (limit === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(limit)) throw usageError('--limit wants how many lines, such as 100.');
  return Number(limit);
}

/** The latest first, until the end or until there are `limit`. */
async function* pagesOf(
  work: NoticesWork,
  which: Pick<Parameters<NoticesWork['list']>[0], 'wave' | 'states'>,
  limit: number | null,
): AsyncGenerator<readonly NoticeLine[], void> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  for (let before: number | null = null; left > 0; ) {
    const most = Math.min(left, pageLines);
    const lines = await work.list({ ...which, before, most });
    if (lines.length > 0) yield lines;
    if (lines.length < most) return;
    left -= lines.length;
    before = lines.at(-1)?.id ?? null;
  }
}

async function* startingWith<T>(
  first: IteratorResult<T, void>,
  rest: AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}
