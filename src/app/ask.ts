/** Asks a person for a secret, on stderr, so that stdout stays the result's. Loaded only when there is something to ask. */

import { isCancel, password } from '@clack/prompts';

/** What was typed, or null when they gave up (Ctrl-C, Escape) or `signal` aborted, be it before they could. */
export async function askSecret(question: string, signal: AbortSignal): Promise<string | null> {
  if (signal.aborted) return null;
  const typed = await password({ message: question, output: process.stderr, mask: '•', signal });
  return isCancel(typed) ? null : typed;
}
