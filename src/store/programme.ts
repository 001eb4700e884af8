/** The settings of the programme, as they were published last. */

import { sql } from 'kysely';
import { type ProgrammeSettings, type Published, type SharedSettings, settingsForm } from '#ports/programme.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';

interface ProgrammeRow {
  readonly form: number;
  readonly revision: number;
  readonly settings: SharedSettings;
  readonly version: string;
  readonly host: string;
}

export function openProgrammeSettings(db: Database): ProgrammeSettings {
  return {
    publish: (settings, by) => faulted(db.name, publish(db.sql, settings, by)),
    current: () => faulted(db.name, current(db.sql)),
  };
}

/** Only settings that differ are a new revision: whoever works by them begins anew for it. */
async function publish(
  db: Sql,
  settings: SharedSettings,
  { version, host }: { readonly version: string; readonly host: string },
): Promise<number> {
  const { revision } = await oneRow(
    db,
    sql<{ revision: number }>`
      insert into programme as p (form, settings, version, host)
      values (${settingsForm}, ${JSON.stringify(settings)}::jsonb, ${version}, ${host})
      on conflict (one) do update
        set form = excluded.form, settings = excluded.settings, version = excluded.version, host = excluded.host,
            revision = p.revision + case when (p.form, p.settings) = (excluded.form, excluded.settings) then 0 else 1 end,
            published_at = now()
      returning revision`,
  );
  return revision;
}

async function current(db: Sql): Promise<Published> {
  const { rows } = await sql<ProgrammeRow>`select form, revision, settings, version, host from programme`.execute(db);
  const [row] = rows;
  if (!row) return { kind: 'none' };
  const { form, revision, settings, version, host } = row;
  return form === settingsForm ? { kind: 'settings', revision, settings, host } : { kind: 'other-form', form, version };
}
