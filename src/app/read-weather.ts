/** Reads a weather.yaml. Everything that is wrong is told at once, with line and column. */

import { parseDuration, parseShare } from '#cli/quantities.ts';
import { Problems, usageError } from '#cli/usage.ts';
import type { Rates } from '#domain/rates.ts';
import { instantOf } from '#domain/window.ts';
import { type Outage, usualWeather, type Weather } from '#rehearsal/weather.ts';
import { completed } from './check-form.ts';
import { settingsText } from './settings-text.ts';
import { type WeatherForm, weatherForm } from './weather-form.ts';
import { Written } from './written.ts';
import { type Path, readYaml } from './yaml-places.ts';

/** Reads and checks `file`; what it does not say is as `rates` have it. Throws a `UsageError` that names all problems. */
export async function readWeather(file: string, timezone: string, rates: Rates): Promise<Weather> {
  const text = await settingsText(file, 'docs/weather-yaml.md shows what stands in a weather.');
  return weatherIn(file, text, timezone, rates);
}

/** The weather that `text` is, which was read from `file`. Throws a `UsageError` that names all problems. */
export function weatherIn(file: string, text: string, timezone: string, rates: Rates): Weather {
  const problems = new Problems();
  if (text.trim() === '') throw usageError(`${file} is empty; docs/weather-yaml.md shows what stands in a weather.`);
  const yaml = readYaml(text);
  const written = new Written(file, yaml, weatherForm, problems);
  // What cannot be read as YAML has nothing that could be looked at.
  if (yaml.flaws.length > 0 || !written.isSound([])) problems.settle();
  const form = completed(weatherForm, yaml.value) as WeatherForm;
  const weather = resolved(form, new Reader(written), timezone, usualWeather(rates));
  problems.settle();
  return weather;
}

function resolved(form: WeatherForm, reader: Reader, timezone: string, usual: Weather): Weather {
  const { throttling, failures, slow, people } = usual;
  const share = (section: 'throttling' | 'failures' | 'slow' | 'people', key: string, otherwise: number): number =>
    reader.share([section, key], form[section], otherwise);
  const time = (section: 'throttling' | 'failures' | 'people', key: string, otherwise: number): number =>
    reader.timeMs([section, key], form[section], otherwise);
  return {
    outages: outagesIn(form, reader.written, timezone),
    throttling: {
      side: form.throttling.side,
      share: share('throttling', 'share', throttling.share),
      to: share('throttling', 'to', throttling.to),
      spellMs: time('throttling', 'spell', throttling.spellMs),
    },
    failures: {
      passes: share('failures', 'passes', failures.passes),
      mailboxes: share('failures', 'mailboxes', failures.mailboxes),
      atSwitch: share('failures', 'at_switch', failures.atSwitch),
      mendMs: time('failures', 'mend', failures.mendMs),
    },
    slow: { share: share('slow', 'share', slow.share), times: form.slow.times ?? slow.times },
    people: {
      holds: share('people', 'holds', people.holds),
      holdMs: time('people', 'hold', people.holdMs),
      excludes: share('people', 'excludes', people.excludes),
      leavers: share('people', 'leavers', people.leavers),
      joiners: share('people', 'joiners', people.joiners),
      goBacks: share('people', 'go_backs', people.goBacks),
      goBackMs: time('people', 'go_back', people.goBackMs),
      resumeMs: time('people', 'resume', people.resumeMs),
      noticeMs: time('people', 'notice', people.noticeMs),
    },
  };
}

/** Where something is wrong the answer does not matter, since it is told and nothing begins. */
class Reader {
  readonly written: Written;

  constructor(written: Written) {
    this.written = written;
  }

  share(path: Path, section: Readonly<Record<string, unknown>>, otherwise: number): number {
    return this.#read(path, section, otherwise, (value) =>
      typeof value === 'number' ? value : parseShare(String(value)),
    );
  }

  timeMs(path: Path, section: Readonly<Record<string, unknown>>, otherwise: number): number {
    return this.#read(path, section, otherwise, (value) => {
      const seconds = parseDuration(String(value));
      return seconds === null ? null : seconds * 1000;
    });
  }

  #read(
    path: Path,
    section: Readonly<Record<string, unknown>>,
    otherwise: number,
    read: (value: unknown) => number | null,
  ): number {
    const value = section[path.at(-1) as string];
    if (value === undefined || !this.written.isSound(path.slice(0, -1))) return otherwise;
    return this.written.read(path, value, read) ?? otherwise;
  }
}

function outagesIn({ outages }: WeatherForm, written: Written, timezone: string): readonly Outage[] {
  if (!written.isSound(['outages'])) return [];
  return outages.flatMap((form, i) => {
    const path = ['outages', i];
    if (!written.isWhole(path)) return [];
    const from = momentAt(written, [...path, 'from'], form.from, timezone);
    const until = momentAt(written, [...path, 'until'], form.until, timezone);
    if (from === null || until === null) return [];
    if (until <= from) {
      written.problem([...path, 'until'], `${path.join('.')}.until: ${form.until} is not after ${form.from}.`);
      return [];
    }
    return [{ side: form.side, from, until }];
  });
}

function momentAt(written: Written, path: Path, text: string, timezone: string): number | null {
  const [day = '', time = ''] = text.split('T');
  return (
    written.read(path, text, () => {
      const at = instantOf(day, time, timezone);
      return at === null ? { problem: `${text} is no moment that any clock shows.` } : { at };
    })?.at ?? null
  );
}
