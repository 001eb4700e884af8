/** What a platform is asked at the moment, and why, on one line of `godwit status`. */

import type { PlatformNow } from '#domain/sighting.ts';
import { bytes, count, shown } from './shown.ts';

/** What was seen of it may have more to say than a line of a table. */
const lineMax = 700;

export function platformLine({
  side,
  connectionsInUse,
  connections,
  bytesPerSecond,
  commandsPerSecond,
  why,
}: PlatformNow): string {
  const asked = [
    `${count(connectionsInUse)} of ${count(connections)} connections`,
    ...(bytesPerSecond === null ? [] : [`at most ${bytes(bytesPerSecond)} a second`]),
    ...(commandsPerSecond === null ? [] : [`at most ${count(Math.round(commandsPerSecond))} commands a second`]),
  ];
  return shown(`${side}: ${asked.join(', ')}. ${why}`, lineMax);
}
