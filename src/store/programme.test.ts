import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { SharedSettings } from '#ports/programme.ts';
import { openProgrammeSettings } from './programme.ts';
import { testDatabase } from './test-database.ts';
import { openWorkforce } from './workforce.ts';

const settings = { file: '/etc/godwit.yaml', atOnce: 8, timezone: 'Europe/London' } as SharedSettings;
const by = { version: '1.0', host: 'ward-7' };

test('workers elsewhere get the settings as they were published last', async () => {
  await using db = await testDatabase();
  const programme = openProgrammeSettings(db);
  expect(await programme.current()).toEqual({ kind: 'none' });
  await programme.publish(settings, by);
  await programme.publish({ ...settings, atOnce: 16 }, by);
  expect(await programme.current()).toMatchObject({ kind: 'settings', settings: { ...settings, atOnce: 16 } });
});

test('settings that are as they were send nobody off to begin anew, whichever version published them', async () => {
  await using db = await testDatabase();
  const programme = openProgrammeSettings(db);
  const first = await programme.publish(settings, by);
  expect(await programme.publish(settings, { version: '1.1', host: 'ward-8' })).toBe(first);
  expect(await programme.publish({ ...settings, atOnce: 9 }, by)).toBe(first + 1);
});

test('a worker hears with its heartbeat which settings are the estate’s', async () => {
  await using db = await testDatabase();
  await using membership = await openWorkforce(db).register({
    host: 'ward-7',
    pid: 1,
    version: '1.0',
    role: 'worker',
    lacks: [],
  });
  expect(await membership.heartbeat()).toMatchObject({ settingsRevision: 0 });
  const revision = await openProgrammeSettings(db).publish(settings, by);
  expect(await membership.heartbeat()).toMatchObject({ settingsRevision: revision });
});

test('settings in a form of another version are not taken for ours', async () => {
  await using db = await testDatabase();
  const programme = openProgrammeSettings(db);
  await programme.publish(settings, by);
  await sql`update programme set form = form + 1, version = '9.0'`.execute(db.sql);
  expect(await programme.current()).toEqual({ kind: 'other-form', form: 2, version: '9.0' });
});
