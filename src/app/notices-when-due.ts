/** Messages to people are sent by whoever leads, when they fall due. Nobody else waits for that. */

import { noticeKinds } from '#domain/notice-kinds.ts';
import { cleanText } from '#lib/clean-text.ts';
import { sendNotices, type SendNoticesParts } from '#operations/send-notices.ts';

const lookEveryMs = 60_000;
/** The server is away, a template is wrong, somebody sends by hand: a person may have to look. */
const afterTroubleMs = 10 * 60_000;

/** Until the signal fires. `pause` resolves after so many milliseconds, or then. Never rejects. */
export async function sendNoticesWhenDue(
  parts: SendNoticesParts,
  signal: AbortSignal,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  const { log } = parts;
  while (!signal.aborted) {
    let waitMs = lookEveryMs;
    try {
      const { stopped, sent, refused, waiting, unknown } = await sendNotices(
        parts,
        { wave: null, kinds: noticeKinds },
        signal,
      );
      if (sent + refused + waiting + unknown > 0)
        log.info('messages to people sent', { sent, refused, waiting, unknown });
      if (stopped !== null && !signal.aborted) {
        waitMs = afterTroubleMs;
        log.warn('messages to people wait', { code: stopped.code, text: cleanText(stopped.message, 300) });
      }
    } catch (error) {
      if (signal.aborted) return;
      waitMs = afterTroubleMs;
      const text = cleanText(error instanceof Error ? error.message : String(error), 300);
      log.warn('messages to people cannot be sent', { text });
    }
    await pause(waitMs);
  }
}
