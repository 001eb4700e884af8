/**
 * Where log lines go: to stderr, as text for people or as JSON (pino) for programs. Nothing is loaded before a line is
 * wanted, and `trace` is null unless someone listens, so that nothing is spent on preparing it.
 */

import { createRequire } from 'node:module';
import type { Logger } from 'pino';
import type { LogFormat, LogLevel } from '#cli/world.ts';
import { shown } from '#cli/shown.ts';
import type { Log, LogFields } from '#lib/log.ts';
import { redacted, withoutSecrets } from '#lib/redaction.ts';

const order: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace'];

type Write = (level: LogLevel, phrase: string, fields: Readonly<Record<string, unknown>>) => void;

/** A log of `level` and above; `write` gets whole lines without their line break. */
export function openLog(level: LogLevel, format: LogFormat, write: (line: string) => void): Log {
  return new LevelLog(order.indexOf(level), format === 'json' ? jsonLines(write) : textLines(write), {});
}

class LevelLog implements Log {
  readonly trace: Log['trace'];
  readonly #rank: number;
  readonly #write: Write;
  readonly #fields: LogFields;

  constructor(rank: number, write: Write, fields: LogFields) {
    this.#rank = rank;
    this.#write = write;
    this.#fields = fields;
    this.trace = rank >= order.indexOf('trace') ? (phrase, own) => this.#line('trace', phrase, own) : null;
  }

  error(phrase: string, fields?: LogFields): void {
    this.#line('error', phrase, fields);
  }

  warn(phrase: string, fields?: LogFields): void {
    this.#line('warn', phrase, fields);
  }

  info(phrase: string, fields?: LogFields): void {
    this.#line('info', phrase, fields);
  }

  debug(phrase: string, fields?: LogFields): void {
    this.#line('debug', phrase, fields);
  }

  with(fields: LogFields): Log {
    return new LevelLog(this.#rank, this.#write, { ...this.#fields, ...fields });
  }

  #line(level: LogLevel, phrase: string, fields: LogFields | undefined): void {
    if (order.indexOf(level) <= this.#rank)
      this.#write(level, withoutSecrets(phrase), redacted({ ...this.#fields, ...fields }));
  }
}

/** `12:00:01 warn  phrase key=value key="two words"`. */
function textLines(write: (line: string) => void): Write {
  return (level, phrase, fields) => {
    const pairs = Object.entries(fields).flatMap(([key, value]) => {
      if (value === undefined || value === null) return [];
      const text = shown(inText(value), 2_000);
      return [`${key}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`];
    });
    write([new Date().toTimeString().slice(0, 8), level.padEnd(5), shown(phrase, 1_000), ...pairs].join(' '));
  };
}

function inText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value, inJson) ?? '');
}

/** JSON has no integers as long as a mod-sequence. */
function inJson(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** One JSON object per line: `level`, `time` (ISO), `msg` and the fields. */
function jsonLines(write: (line: string) => void): Write {
  let logger: Logger | null = null;
  return (level, phrase, fields) => {
    logger ??= loadPino(write);
    const own = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, inJson(key, value)]));
    logger[level](own, phrase);
  };
}

/** `require` because a line must not wait: it may be the last before the process ends. */
function loadPino(write: (line: string) => void): Logger {
  const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino');
  return pino(
    {
      level: 'trace',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(line.replace(/\n$/, '')) },
  );
}
