/**
 * Whoever is asked to go goes: what never answers, such as a database whose machine has vanished, must not keep a process that
 * somebody waits for. To end as it stands loses nothing; what it held lapses.
 */

/** Switches are seen through for 15 seconds, and 10 are left for giving back; whoever runs containers often waits for 30. */
export const endsWithinMs = 25_000;

/** Calls `end` when `work` has not ended `withinMs` after `asked` has fired. Answers as `work` does. */
export async function endInTime<Outcome>(
  work: Promise<Outcome>,
  asked: AbortSignal,
  end: () => void,
  withinMs = endsWithinMs,
): Promise<Outcome> {
  let timer: NodeJS.Timeout | null = null;
  const watch = (): void => {
    timer = setTimeout(end, withinMs);
  };
  if (asked.aborted) watch();
  else asked.addEventListener('abort', watch, { once: true });
  try {
    return await work;
  } finally {
    asked.removeEventListener('abort', watch);
    if (timer) clearTimeout(timer);
  }
}
