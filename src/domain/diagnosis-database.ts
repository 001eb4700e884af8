/** What is to be said of the database of an estate by itself. */

import type { DatabaseInfo } from './database-state.ts';
import { fine, type Remark, wrong } from './diagnosis.ts';

const leastMajor = 15;

export function judgeDatabase({ version, isInTheClear, migrations, queue }: DatabaseInfo): readonly Remark[] {
  const remarks: Remark[] = [];
  if (Number.parseInt(version, 10) < leastMajor)
    remarks.push(wrong('version', `PostgreSQL ${version} is too old`, `Upgrade it to ${leastMajor} or newer.`));
  const named = (state: 'missing' | 'edited' | 'unknown'): string =>
    migrations
      .filter((each) => each.state === state)
      .map(({ name }) => name)
      .join(', ');
  const [missing, edited, unknown] = [named('missing'), named('edited'), named('unknown')];
  if (missing !== '')
    remarks.push(wrong('migrations', `it lacks ${missing}`, 'Make a backup, then godwit db migrate.'));
  if (edited !== '')
    remarks.push(
      wrong(
        'migrations',
        `${edited} ran with another text than this version has`,
        'Run the version that made it; see godwit db info.',
      ),
    );
  if (unknown !== '')
    remarks.push(wrong('migrations', `a newer Godwit has been here: ${unknown}`, 'Run that version here as well.'));
  if (queue.here !== null && queue.here !== queue.wanted)
    remarks.push(
      wrong(
        'queue',
        `its tables are of version ${queue.here}, and ${queue.wanted} is wanted`,
        'Start godwit serve of this version, which brings them up to date.',
      ),
    );
  if (isInTheClear)
    remarks.push(
      wrong(
        'way there',
        'what is said to it can be read along on the way',
        'Let it speak TLS, and take sslmode=disable out of its URL.',
      ),
    );
  return remarks.length > 0 ? remarks : [fine('database', `PostgreSQL ${version}, up to date`)];
}
