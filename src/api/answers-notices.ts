/** Answers about messages to people. */

import { noticeKinds } from '#domain/notice-kinds.ts';
import { told } from '#domain/fault.ts';
import { readLanguage } from '#domain/estate-values.ts';
import { type Answerers, notThere, refused, unfit } from './answer.ts';
import type { noticesContract } from './contract-notices.ts';
import { wire } from './shapes/shape.ts';

export const noticesAnswers: Answerers<typeof noticesContract> = {
  async 'preview-notice'({ estate, query: { address, moment = 'T-14', language = null } }) {
    const read = language === null ? { value: null } : readLanguage(language);
    if ('problem' in read) throw unfit(`language: ${read.problem}`);
    const previewed = await estate.notices.preview({ address, kind: moment, language: read.value });
    switch (previewed.kind) {
      case 'unknown':
        throw notThere('mailbox', address);
      case 'no-wave':
        throw refused('It belongs to no wave, and so there is no date of which a message could tell.', previewed);
      case 'letter': {
        const { letter, octets } = previewed;
        return wire({ ...letter, octets });
      }
    }
  },
  async 'see-notices-due'({ estate, query: { wave = null, moment } }) {
    return { due: wire(await estate.notices.due({ wave, kinds: moment ? [moment] : noticeKinds })) };
  },
  async 'send-notices'({ estate, desk, body: { wave = null, moment }, signal }) {
    const until = performance.now() + desk.orderMaxMs;
    let asked = 0;
    let isMore = false;
    // One that is being handed over is seen through: nobody would know what became of it.
    const isEnough = () => (isMore = signal.aborted || (asked++ > 0 && performance.now() >= until));
    const order = { wave, kinds: moment ? [moment] : noticeKinds, isEnough };
    const { stopped, ...sent } = await estate.notices.send(order, neverMind);
    return { sent: wire({ ...sent, stopped: stopped && told(stopped) }), isMore };
  },
};

/** Who does not wait for the answer any more ends it between two messages. */
const neverMind = new AbortController().signal;
