/** Where nothing more is sent: a folder that is gone or closed to us, or the whole mailbox when it is full. */

import type { Refused, SendPlan, Stop } from './send-plan.ts';

export class Stops {
  #full: Stop | null = null;

  /** Set once the target has no room left: then nothing more is sent into any folder. */
  get full(): Stop | null {
    return this.#full;
  }

  /** Why nothing more is sent into this folder; null when it is open. */
  of(plan: SendPlan): Stop | null {
    return plan.stopped ?? this.#full;
  }

  /** Learns from a refusal whether the folder, or the mailbox, takes nothing more. */
  heed(plan: SendPlan, { because, text }: Refused): void {
    if (because === 'folder') plan.stopped ??= { code: 'folder-gone', text };
    else if (because === 'read-only') plan.stopped ??= { code: 'folder-read-only', text };
    else if (because === 'quota') this.#full ??= { code: 'quota', text };
  }
}

/** The code under which a refused message is listed (docs/report.md). */
export function codeOf({ because }: Refused): string {
  switch (because) {
    case 'folder':
      return 'folder-gone';
    case 'read-only':
      return 'folder-read-only';
    case 'unclear':
      return 'refused';
    default:
      return because;
  }
}

/** The platform's words, with its code in front. */
export function wordsOf({ code, text }: Pick<Refused, 'code' | 'text'>): string {
  return code ? `[${code}] ${text}` : text;
}
