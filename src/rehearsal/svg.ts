/** The few things of which charts are made: scales, axes, text that is safe to put anywhere, and colours for day, night and paper. */

export interface Chart {
  /** Also the name of its file. */
  readonly name: string;
  readonly title: string;
  /** What it shows, in a sentence, for who does not see it. */
  readonly says: string;
  readonly svg: string;
  /** The same in figures. */
  readonly table: Table;
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The area that is drawn in, within a picture of a common width. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const wide: Frame = { width: 800, height: 300, left: 58, right: 14, top: 34, bottom: 34 };

export type Scale = (value: number) => number;

export function across(frame: Frame, from: number, until: number): Scale {
  const room = frame.width - frame.left - frame.right;
  return (value) => frame.left + (until === from ? 0 : ((value - from) / (until - from)) * room);
}

export function upwards(frame: Frame, most: number): Scale {
  const room = frame.height - frame.top - frame.bottom;
  return (value) => frame.height - frame.bottom - (most === 0 ? 0 : (value / most) * room);
}

/** Round steps from 0 to at least `most`. */
export function steps(most: number, about = 5): readonly number[] {
  if (!(most > 0)) return [0, 1];
  const rough = most / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** `950`, `22 k`, `1.5 M`. */
export function brief(value: number): string {
  if (value < 1_000) return String(Number(value.toPrecision(3)));
  const { unit, of } =
    value < 1e6 ? { unit: 'k', of: 1e3 } : value < 1e9 ? { unit: 'M', of: 1e6 } : { unit: 'G', of: 1e9 };
  return `${Number((value / of).toPrecision(3))} ${unit}`;
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ');
}

/** With one digit behind the point: the eye sees no more, and the file is half as long. */
export function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export function path(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${n(x)} ${n(y)}`).join('');
}

/** Lines across, and what they stand for. */
export function sideAxis(frame: Frame, y: Scale, values: readonly number[]): string {
  const lines = values.map(
    (value) =>
      `<path class="grid" d="M${frame.left} ${n(y(value))}H${frame.width - frame.right}"/><text class="axis" x="${frame.left - 8}" y="${n(y(value) + 4)}" text-anchor="end">${brief(value)}</text>`,
  );
  return lines.join('');
}

const dayMs = 24 * 3_600_000;

/** Months, or weeks where there are few. `shift`: how far the clocks of the programme are ahead of UTC. */
export function timeAxis(frame: Frame, x: Scale, from: number, until: number, shift: number): string {
  const marks =
    until - from > 70 * dayMs ? monthsIn(from + shift, until + shift) : weeksIn(from + shift, until + shift);
  const base = frame.height - frame.bottom;
  return marks
    .map(({ at, text }) => {
      const place = n(x(at - shift));
      return `<path class="grid" d="M${place} ${base}v5"/><text class="axis" x="${place}" y="${base + 19}" text-anchor="middle">${text}</text>`;
    })
    .join('');
}

interface TimeMark {
  readonly at: number;
  readonly text: string;
}

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function monthsIn(from: number, until: number): readonly TimeMark[] {
  const marks: TimeMark[] = [];
  const first = new Date(from);
  for (let month = first.getUTCMonth() + 1; ; month++) {
    const at = Date.UTC(first.getUTCFullYear(), month, 1);
    if (at > until) return marks;
    const date = new Date(at);
    const year = date.getUTCMonth() === 0 || marks.length === 0 ? ` ${date.getUTCFullYear()}` : '';
    marks.push({ at, text: `${monthNames[date.getUTCMonth()]}${year}` });
  }
}

function weeksIn(from: number, until: number): readonly TimeMark[] {
  const marks: TimeMark[] = [];
  const everyMs = dayMs * Math.max(1, Math.ceil((until - from) / dayMs / 8));
  for (let at = Math.ceil(from / dayMs) * dayMs; at <= until; at += everyMs)
    marks.push({ at, text: new Date(at).toISOString().slice(5, 10) });
  return marks;
}

/** In a row above the area that is drawn in. */
export function legend(frame: Frame, entries: readonly (readonly [kind: string, words: string])[]): string {
  let left = frame.left;
  const drawn = entries.map(([kind, words]) => {
    const isLine = kind === 'plan' || kind === 'line' || kind === 'tick';
    const sample = isLine
      ? `<path class="${kind}" d="M${left} 13h18"/>`
      : `<rect class="${kind}" x="${left}" y="8" width="18" height="10"/>`;
    const text = `<text class="label" x="${left + 24}" y="17">${escaped(words)}</text>`;
    // Wide enough for the words in any common face.
    left += 44 + words.length * 7;
    return sample + text;
  });
  return drawn.join('');
}

/** A picture that can be read out, and looks right by day, by night and on paper. */
export function picture(frame: Frame, name: string, title: string, says: string, body: string): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-labelledby="${name}-t ${name}-d" class="chart">`,
    `<title id="${name}-t">${escaped(title)}</title><desc id="${name}-d">${escaped(says)}</desc>`,
    body,
    '</svg>',
  ].join('');
}

/** The same as a file of its own. */
export function standing(chart: Chart): string {
  return `${chart.svg.replace(/(<svg[^>]*>)/, `$1<style>${chartStyle}</style><rect class="paper" width="100%" height="100%"/>`)}\n`;
}

const day = {
  paper: '#ffffff',
  ink: '#1c1e22',
  faint: '#5b616b',
  grid: '#dcdfe5',
  plan: '#7b8494',
  done: '#1f5fa8',
  band: '#1f5fa833',
  missed: '#c2500f',
  wait: '#c8cdd6',
  copy: '#e3b04b',
  follow: '#5aa5a0',
};

const night: typeof day = {
  paper: '#16181c',
  ink: '#eceef2',
  faint: '#a7adb8',
  grid: '#343840',
  plan: '#98a1b1',
  done: '#6aa9ee',
  band: '#6aa9ee40',
  missed: '#f0894a',
  wait: '#474d58',
  copy: '#caa04a',
  follow: '#4f9b95',
};

function asProperties(colours: typeof day): string {
  return Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');
}

/** Night only on screens: paper is white. */
export const colourStyle = `:root{${asProperties(day)};color-scheme:light dark}@media screen and (prefers-color-scheme:dark){:root{${asProperties(night)}}}`;

export const chartStyle = `${colourStyle}
.chart{font:12px system-ui,sans-serif}.paper{fill:var(--paper)}.axis,.label{fill:var(--faint)}.label{font-weight:600}.strong{fill:var(--ink);font-weight:600}
.grid{stroke:var(--grid);fill:none}.plan{stroke:var(--plan);fill:none;stroke-width:2;stroke-dasharray:5 4}.line{stroke:var(--done);fill:none;stroke-width:2}
.band{fill:var(--band)}.done{fill:var(--done)}.missed{fill:var(--missed)}.tick{stroke:var(--ink);stroke-width:1.5}.wait{fill:var(--wait)}.copy{fill:var(--copy)}.follow{fill:var(--follow)}.planned{fill:var(--plan)}`;
