/**
 * How fast one may go at which hour, in rclone's notation (its `--bwlimit`), which people know:
 *
 *   512k                         always 512 KiB a second
 *   08:00,512k 19:00,off         from eight to seven in the evening, else without limit; local time
 *   Mon-08:00,1M Fri-18:00,off   through the week; what stands last holds until the first comes round
 *
 * Numbers without a suffix are KiB, B is bytes, K, M, G, T and P are powers of 1024. Of `10M:1M` (up and down) the smaller
 * counts, since every byte goes both ways here. https://rclone.org/docs/#bwlimit-bandwidth-spec
 */

export interface Slot {
  /** Minutes since Sunday 00:00, local time. */
  readonly fromMinute: number;
  /** Bytes per second, or null for no limit. */
  readonly bytesPerSecond: number | null;
}

export type ParsedTimetable =
  | { readonly kind: 'timetable'; readonly slots: readonly Slot[] }
  | { readonly kind: 'refused'; readonly says: string };

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const dayMinutes = 24 * 60;
export const weekMinutes = 7 * dayMinutes;

/** Reads a timetable; its slots are ascending, at least one, and the last holds into the next week. */
export function parseTimetable(text: string): ParsedTimetable {
  const words = text
    .trim()
    .split(/[\s;]+/)
    .filter((word) => word !== '');
  if (words.length === 0) return refused('it is empty. Write "512k", or "08:00,512k 19:00,off".');
  if (words.length === 1 && !(words[0] as string).includes(',')) {
    const rate = parseRate(words[0] as string);
    return rate === undefined
      ? refused(`"${words[0]}" is no rate: write 512k, 10M or off.`)
      : { kind: 'timetable', slots: [{ fromMinute: 0, bytesPerSecond: rate }] };
  }
  const slots = new Map<number, Slot>();
  for (const word of words) {
    const match = /^(?:([a-z]+)-)?(\d{1,2}):(\d{2}),(.+)$/i.exec(word);
    if (!match) return refused(`"${word}" is no entry: write 08:00,512k or Mon-08:00,512k.`);
    const [, dayName, hours, minutes, rateText] = match as unknown as [
      string,
      string | undefined,
      string,
      string,
      string,
    ];
    const day = dayName === undefined ? null : days.indexOf(dayName.slice(0, 3).toLowerCase());
    if (day === -1 || (dayName && !dayOf(dayName)))
      return refused(`"${dayName}" is no day of the week: write Mon, Tue, Wed, Thu, Fri, Sat or Sun.`);
    if (Number(hours) > 23 || Number(minutes) > 59) return refused(`"${hours}:${minutes}" is no time of day.`);
    const rate = parseRate(rateText);
    if (rate === undefined) return refused(`"${rateText}" is no rate: write 512k, 10M or off.`);
    for (const each of day === null ? days.keys() : [day]) {
      const fromMinute = each * dayMinutes + Number(hours) * 60 + Number(minutes);
      slots.set(fromMinute, { fromMinute, bytesPerSecond: rate });
    }
  }
  return { kind: 'timetable', slots: [...slots.values()].sort((a, b) => a.fromMinute - b.fromMinute) };
}

/** The slot that holds at a moment, and how many milliseconds until the next begins (Infinity when there is only one). */
export function slotAt(slots: readonly Slot[], at: Date): { readonly slot: Slot; readonly msLeft: number } {
  const minute = at.getDay() * dayMinutes + at.getHours() * 60 + at.getMinutes();
  const slot = slots.findLast(({ fromMinute }) => fromMinute <= minute) ?? slots.at(-1);
  if (slot === undefined) throw new Error('a timetable has at least one slot');
  if (slots.length === 1) return { slot, msLeft: Number.POSITIVE_INFINITY };
  const next = slots.find(({ fromMinute }) => fromMinute > minute) ?? {
    fromMinute: (slots[0] as Slot).fromMinute + weekMinutes,
  };
  return { slot, msLeft: (next.fromMinute - minute) * 60_000 - at.getSeconds() * 1000 - at.getMilliseconds() };
}

function dayOf(name: string): boolean {
  const long = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
  return name.length >= 3 && long.some((day) => day === name.toLowerCase() || day.slice(0, 3) === name.toLowerCase());
}

/** Bytes per second, null for `off`, undefined for what is no rate. */
function parseRate(text: string): number | null | undefined {
  // `08:00` is a time that lacks its rate rather than a rate of 8 and none.
  if (/^\d{1,2}:\d{2}$/.test(text)) return undefined;
  const sides = text.split(':');
  if (sides.length > 2) return undefined;
  let smallest: number | null = null;
  for (const side of sides) {
    const rate = parseOneRate(side);
    if (rate === undefined) return undefined;
    if (rate !== null) smallest = smallest === null ? rate : Math.min(smallest, rate);
  }
  return smallest;
}

function parseOneRate(text: string): number | null | undefined {
  if (text.toLowerCase() === 'off') return null;
  const match = /^(\d{1,12}(?:\.\d{1,6})?)([bkmgtp]?)(?:i?b?)$/i.exec(text);
  if (!match) return undefined;
  const power = 'bkmgtp'.indexOf((match[2] as string).toLowerCase() || 'k');
  const rate = Number(match[1]) * 1024 ** power;
  // As in rclone, nothing is no limit; less than a byte a second would never end.
  return rate === 0 ? null : Math.max(1, rate);
}

function refused(says: string): ParsedTimetable {
  return { kind: 'refused', says };
}
