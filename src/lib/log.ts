/** What the code says about itself while it runs: a short fixed phrase and fields. `app/` decides where it goes. */

export type LogFields = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>;

export interface Log {
  error(phrase: string, fields?: LogFields): void;
  warn(phrase: string, fields?: LogFields): void;
  info(phrase: string, fields?: LogFields): void;
  debug(phrase: string, fields?: LogFields): void;
  /** The wire; null when nobody listens, so that nothing is spent on preparing it. */
  readonly trace: ((phrase: string, fields?: LogFields) => void) | null;
  /** The same log with fields that every line bears. */
  with(fields: LogFields): Log;
}

/** Says nothing. */
export const silent: Log = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  trace: null,
  with: () => silent,
};
