/** Where an arrangement begins: in the order of the files, or where the larger groups are that it consists of. */

import type { Units } from './arrangement.ts';
import type { Columns } from './crowding.ts';

/** One group after the other, column by column as they fill. */
export function beginning(units: Units, columns: Columns): Int16Array {
  const { network, mailboxes, fixed, from } = units;
  const place = new Int16Array(network.size);
  let column = columns.firstUsual;
  let used = 0;
  for (let unit = 0; unit < network.size; unit++) {
    if (fixed[unit] === 1) {
      place[unit] = from[unit] as number;
      continue;
    }
    const weighs = mailboxes[unit] as number;
    if (column < columns.day.length - 1 && used + weighs > (columns.mailboxes[column] as number)) {
      column++;
      used = 0;
    }
    used += weighs;
    place[unit] = nearestOpen(units, columns, unit, column);
  }
  return place;
}

/** Each group where the group is that it belongs to; who belongs to none where those are whom it works with. */
export function broughtDown(units: Units, unitOf: Int32Array, above: Int16Array, columns: Columns): Int16Array {
  const { network, fixed, from } = units;
  const { start, neighbour, weight } = network;
  const place = new Int16Array(network.size).fill(-1);
  for (let unit = 0; unit < network.size; unit++) {
    const whole = unitOf[unit] as number;
    if (fixed[unit] === 1) place[unit] = from[unit] as number;
    else if (whole >= 0) place[unit] = nearestOpen(units, columns, unit, above[whole] as number);
  }
  for (let unit = 0; unit < network.size; unit++) {
    if (place[unit] !== -1) continue;
    let [sum, all] = [0, 0];
    for (let at = start[unit] as number; at < (start[unit + 1] as number); at++) {
      const theirs = place[neighbour[at] as number] as number;
      if (theirs < 0) continue;
      sum += theirs * (weight[at] as number);
      all += weight[at] as number;
    }
    place[unit] = nearestOpen(units, columns, unit, all > 0 ? Math.round(sum / all) : columns.firstUsual);
  }
  return place;
}

/** The column next to `column` that is open to a group; `column` within its dates where none is. */
function nearestOpen({ from, to, organisation }: Units, { closed }: Columns, unit: number, column: number): number {
  const [low, high] = [from[unit] as number, to[unit] as number];
  const begin = Math.min(Math.max(column, low), high);
  const shut = closed[organisation[unit] as number];
  if (!shut) return begin;
  for (let away = 0; away <= high - low; away++) {
    if (begin + away <= high && shut[begin + away] === 0) return begin + away;
    if (begin - away >= low && shut[begin - away] === 0) return begin - away;
  }
  return begin;
}
