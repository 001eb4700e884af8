/** How long octets take that platforms are asked for no faster than was agreed. */

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Nearer than that nobody tells a time days ahead. */
const nearMs = 60_000;

/**
 * The first moment, to a minute, by which so many octets may have been asked for since `begins`, and not before `least`: what was
 * not asked for until then is not had later.
 */
export function timeForBytes(
  bytesUntil: (until: number) => number | null,
  bytes: number,
  begins: number,
  least: number,
): number {
  const before = bytesUntil(begins);
  if (before === null) return least;
  const isEnough = (at: number): boolean => (bytesUntil(at) ?? Number.POSITIVE_INFINITY) - before >= bytes;
  if (isEnough(least)) return least;
  let [short, enough, step] = [least, least + hourMs, hourMs];
  while (!isEnough(enough)) {
    // A platform that may be asked for nothing is no forecast of ours.
    if (enough - begins > 10 * 365 * dayMs) return enough;
    step = Math.min(step * 2, 7 * dayMs);
    [short, enough] = [enough, enough + step];
  }
  while (enough - short > nearMs) {
    const middle = (short + enough) / 2;
    if (isEnough(middle)) enough = middle;
    else short = middle;
  }
  return enough;
}
