/**
 * What is asked again and again is prepared: PostgreSQL reads and plans it once for each connection instead of each time, which
 * was a third of its work in an evening of switches (`npm run bench -- evening`). A pooler that hands every transaction another
 * connection may not know of that; then we do without.
 */

import pg from 'pg';

/** By then it is known to come again. */
const timesMin = 10;
/** Each costs some tens of kB for every connection, on the server. Ours are some sixty. */
const namesMax = 100;
/** Whatever is put together for one occasion only must not fill our memory. */
const textsMax = 1_000;
/** Of a connection that is not the one on which it was prepared: invalid_sql_statement_name, duplicate_prepared_statement. */
const elsewhere: ReadonlySet<string> = new Set(['26000', '42P05']);
/** feature_not_supported, for: a migration has changed what it answers with. */
const outdated = '0A000';

export class PreparedStatements {
  readonly #times = new Map<string, number>();
  readonly #names = new Map<string, string>();
  #isOff = false;

  /** The question as the driver takes it, under a name of its own where it has come often. */
  question(text: string, values: unknown[] | undefined): pg.QueryConfig {
    const name = this.#isOff || !values?.length ? undefined : this.#nameOf(text);
    return { text, ...(values ? { values } : {}), ...(name === undefined ? {} : { name }) };
  }

  /** Whether it says that what is prepared on its connection is of no use; that connection is to be closed. */
  refused(error: unknown): boolean {
    if (!isStalePlan(error)) return false;
    this.#isOff ||= elsewhere.has(error.code ?? '');
    return true;
  }

  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const times = (this.#times.get(text) ?? 0) + 1;
    if (times < timesMin || this.#names.size >= namesMax) {
      if (this.#times.size >= textsMax) this.#times.clear();
      this.#times.set(text, times);
      return undefined;
    }
    this.#times.delete(text);
    const name = `godwit_${this.#names.size + 1}`;
    this.#names.set(text, name);
    return name;
  }
}

/** Whether a statement failed only because it had been prepared; asked on another connection it is answered. */
export function isStalePlan(error: unknown): error is pg.DatabaseError {
  if (!(error instanceof pg.DatabaseError)) return false;
  return elsewhere.has(error.code ?? '') || (error.code === outdated && /cached plan/.test(error.message));
}
