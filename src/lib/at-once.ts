/** Does something for each of many, a bounded number at a time. */

/**
 * Calls `work` for every item in order, at most `atOnce` at a time; after `signal` none is begun. Resolves when all that
 * were begun have ended. `work` deals with its own faults: what it throws stops the rest from beginning and is thrown here.
 */
export async function everyOne<T>(
  items: readonly T[],
  atOnce: number,
  signal: AbortSignal,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !signal.aborted && !failed) {
      const index = next++;
      try {
        await work(items[index] as T, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
