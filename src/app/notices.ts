/** Joins messages to people to the database, the templates and the mail server. */

import type { NoticesOptions, NoticesWork } from '#cli/world.ts';
import { SmtpPost, letterOctets } from '#connectors/smtp/index.ts';
import { fault } from '#domain/fault.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import type { EndpointRules } from '#domain/endpoint-rules.ts';
import type { NoticeSettings } from '#domain/notice-settings.ts';
import type { Keyring } from '#ports/key-service.ts';
import { realClock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { letterTo } from '#operations/notice-letter.ts';
import type { NoticeDesk } from '#operations/notice-desk.ts';
import { noticesToSend, type SendNoticesParts, sendNotices } from '#operations/send-notices.ts';
import type { Database } from '#store/db.ts';
import { openNotices } from '#store/notices.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { openEstateDatabase } from './estate-database.ts';
import { type Environment, readKeyring } from './keyring.ts';
import { readNoticeTemplates } from './notice-templates.ts';
import { reachOf } from './reach.ts';
import { SecretResolver } from './secret-resolver.ts';

export interface NoticePartsOptions {
  readonly db: Database;
  readonly settings: NoticeSettings;
  readonly timezone: string;
  /** Where connections of this estate may lead; null: the settings do not say. */
  readonly endpoints: EndpointRules | null;
  readonly keys: Keyring | null;
  readonly environment: Environment;
  readonly log: Log;
}

/** What sending needs, for the command line and for whoever leads. */
export function noticeParts(options: NoticePartsOptions): SendNoticesParts {
  const { db, settings, timezone, endpoints, keys, environment, log } = options;
  const reach = reachOf(endpoints, log);
  const secrets = new SecretResolver({
    environment,
    kept: sealedSecrets(db),
    keys,
    log,
    clock: () => performance.now(),
  });
  const { smtp } = settings;
  return {
    notices: openNotices(db),
    settings,
    timezone,
    templates: () => readNoticeTemplates(settings.templates),
    openPost: () =>
      new SmtpPost({
        server: smtp,
        reach,
        password: () => (smtp.signIn ? secrets.resolve(smtp.signIn.secret) : Promise.resolve('')),
      }),
    clock: realClock,
    log,
  };
}

const connectionsMax = 4;

export interface NoticeDeskParts {
  readonly db: Database;
  readonly settings: Pick<EstateSettings, 'notices' | 'timezone' | 'endpoints' | 'file'>;
  readonly keys: Keyring | null;
  readonly environment: Environment;
  readonly log: Log;
}

/** On a database that is open, for the command line and for the API. */
export function noticeDeskOn({ db, settings, keys, environment, log }: NoticeDeskParts): NoticeDesk {
  const notices = openNotices(db);
  const parts = () => {
    if (settings.notices === null) throw fault('notice.settings.none', { file: settings.file });
    const { notices: ours, timezone, endpoints = null } = settings;
    return noticeParts({ db, settings: ours, timezone, endpoints, keys, environment, log });
  };
  return {
    async preview({ address, kind, language }) {
      const { settings: ours, timezone, templates } = parts();
      const found = await notices.facts(address, kind);
      if (found.kind !== 'found') return found;
      const date = new Date(realClock.now());
      const letter = letterTo(found.facts, { settings: ours, timezone, templates: await templates(), language, date });
      return { kind: 'letter', letter, octets: (await letterOctets(letter)).toString('utf8') };
    },
    due: (order) => noticesToSend(parts(), order),
    again: (wave) => notices.again(wave),
    send: (order, over) => sendNotices(parts(), order, over),
    list: (order) => notices.list(order),
    counts: (wave) => notices.counts(wave),
  };
}

/** Opens them for people. Throws `database.*`, and a `UsageError` where the URL of the database cannot be had. */
export async function openNoticesWork(options: NoticesOptions, environment: Environment): Promise<NoticesWork> {
  const { settings, stateDir, log, signal } = options;
  const keys = await readKeyring(options.keys, environment, log);
  const opening = { stateDir, environment, connectionsMax, applicationName: 'godwit notices', log };
  const db = await openEstateDatabase(settings.database, opening, signal);
  return {
    ...noticeDeskOn({ db, settings, keys, environment, log }),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}
