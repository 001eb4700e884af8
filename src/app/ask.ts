/** Asks a person, on stderr, so that stdout stays the result's. Loaded only when there is something to ask. */

import { isCancel, password, text } from '@clack/prompts';
import type { Question } from '#cli/world.ts';

/** What was typed, or null when they gave up (Ctrl-C, Escape) or `signal` aborted, be it before they could. */
export async function askSecret(question: string, signal: AbortSignal): Promise<string | null> {
  if (signal.aborted) return null;
  const typed = await password({ message: question, output: process.stderr, mask: '•', signal });
  return isCancel(typed) ? null : typed;
}

/** The same for what may be seen. An answer that cannot be meant is told, and the question stays. */
export async function ask({ asks, example, problem }: Question, signal: AbortSignal): Promise<string | null> {
  if (signal.aborted) return null;
  const validate = (answer: string | undefined) => problem(answer ?? '') ?? undefined;
  const typed = await text({ message: asks, placeholder: example, output: process.stderr, signal, validate });
  return isCancel(typed) ? null : typed;
}
