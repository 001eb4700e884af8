/** Asks a person for a secret, on stderr, so that stdout stays the result's. Loaded only when there is something to ask. */

import { isCancel, password } from '@clack/prompts';

/** What was typed, or null when they gave up (Ctrl-C, Escape). */
export async function askSecret(question: string): Promise<string | null> {
  const typed = await password({ message: question, output: process.stderr, mask: '•' });
  return isCancel(typed) ? null : typed;
}
