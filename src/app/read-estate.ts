/**
 * Reads godwit.yaml. Everything that is wrong is told at once, with line and column, before anything starts; no value is
 * repeated, since it may be a secret that somebody wrote in the wrong place.
 */

import { dirname, resolve } from 'node:path';
import { readGlobs } from '#cli/choices.ts';
import { parseDuration, parseShare, parseSize } from '#cli/quantities.ts';
import { Problems, usageError } from '#cli/usage.ts';
import { mailboxKey } from '#domain/endpoint.ts';
import type { DoorSettings } from '#domain/door-settings.ts';
import { type EstateSettings, holdMostSecondsMax } from '#domain/estate-settings.ts';
import { readListen } from '#domain/listen.ts';
import { withoutRemoved } from '#domain/removed-folder.ts';
import type { Platform } from '#domain/platform.ts';
import { everything, type Selection } from '#domain/selection.ts';
import { isTimezone } from '#domain/window.ts';
import { completed } from './check-form.ts';
import { type EstateForm, estateForm } from './estate-settings.ts';
import { readApi } from './read-api.ts';
import { readAudit } from './read-audit.ts';
import { readNotices } from './read-notices.ts';
import { readDirectory } from './read-directory.ts';
import { readDoors } from './read-doors.ts';
import { checkPlaces, readEndpoints } from './read-endpoints.ts';
import { readProbes } from './read-probes.ts';
import { readPlatform, referenceIn } from './read-platform.ts';
import { settingsText } from './settings-text.ts';
import { Written } from './written.ts';
import { waysInOf } from './ways-in-form.ts';
import { readYaml } from './yaml-places.ts';

/** Reads and checks `file`, and what it refers to by path and not as a secret. Throws a `UsageError` that names all problems. */
export async function readEstate(file: string): Promise<EstateSettings> {
  const problems = new Problems();
  const text = await settingsText(file, 'godwit init writes one, and --config names another.');
  if (text.trim() === '') throw usageError(`${file} is empty; remove it, and godwit init writes one.`);
  const yaml = readYaml(text);
  const written = new Written(file, yaml, estateForm, problems);
  // What cannot be read as YAML has nothing that could be looked at.
  if (yaml.flaws.length > 0 || !written.isSound([])) problems.settle();
  const form = completed(estateForm, yaml.value) as EstateForm;
  const settings = await resolved(file, form, written, problems);
  problems.settle();
  if (settings === null) throw new Error('settings without a problem were not read');
  return settings;
}

async function resolved(
  file: string,
  form: EstateForm,
  written: Written,
  problems: Problems,
): Promise<EstateSettings | null> {
  const database = written.read(['database'], form.database, (text) =>
    text === 'embedded' ? text : referenceIn(dirname(resolve(file)), text),
  );
  const embedded = embeddedIn(file, form, written);
  const timezone = written.read(['timezone'], form.timezone, (name) => (isTimezone(name) ? name : null));
  const source = await readPlatform('source', form.source, written, file, problems);
  const target = await readPlatform('target', form.target, written, file, problems);
  if (source && target && isIntoItself(source, target))
    written.problem(
      ['target', 'user'],
      'source and target are the same server with the same users: every mailbox would be moved into itself.',
    );
  const followEverySeconds = written.read(['follow-every'], form['follow-every'], (time) =>
    parseDuration(String(time)),
  );
  const announceAheadSeconds = written.read(['switching', 'announce-ahead'], form.switching['announce-ahead'], (time) =>
    parseDuration(String(time)),
  );
  const holdMostSeconds = written.read(['switching', 'hold-most'], form.switching['hold-most'], (time) => {
    const seconds = parseDuration(String(time));
    return seconds !== null && seconds > holdMostSecondsMax ? null : seconds;
  });
  const signInPassageMs = form.switching['sign-in-passage-ms'];
  if (holdMostSeconds !== null && signInPassageMs >= holdMostSeconds * 500)
    written.problem(
      ['switching', 'sign-in-passage-ms'],
      'switching.sign-in-passage-ms must be less than half of hold-most, or nobody would ever switch.',
    );
  const homeLateAfterSeconds = written.read(
    ['switching', 'home-late-after'],
    form.switching['home-late-after'],
    (time) => parseDuration(String(time)),
  );
  const checkAhead = written.read(['check-ahead'], form['check-ahead'], checkAheadIn);
  const errorBudget = written.read(['error-budget'], form['error-budget'], (share) => parseShare(String(share)));
  const listen = written.read(['listen'], form.listen, readListen);
  const api = readApi(form.api, written, file);
  const notices = await readNotices(form.notices, written, file, problems);
  const audit = readAudit(form.audit, written, file, notices !== null);
  const directory = await readDirectory(form.directory, written, file, problems);
  const probes = await readProbes(form.probes, written, file, problems);
  const selection = selectionOf(form, written, problems);
  const doors =
    form.doors === undefined
      ? { settings: null }
      : source && target && doorsIn(readDoors(form.doors, written, dirname(resolve(file)), { source, target }));
  const endpoints = readEndpoints(form.endpoints, written);
  if (!database || !timezone || !source || !target || followEverySeconds === null || errorBudget === null || !listen)
    return null;
  if (!selection || !written.isSound(['workers', 'at-once']) || !written.isSound(['delete'])) return null;
  if (
    embedded === 'wrong' ||
    endpoints === 'wrong' ||
    notices === 'wrong' ||
    audit === 'wrong' ||
    directory === 'wrong' ||
    probes === 'wrong' ||
    api === 'wrong' ||
    !checkAhead ||
    !doors
  )
    return null;
  if (announceAheadSeconds === null || holdMostSeconds === null || homeLateAfterSeconds === null) return null;
  if (!written.isWhole(['approvals'])) return null;
  if (!written.isWhole(['ways-in']) || !written.isSound(['switching', 'together-most'])) return null;
  const named = { source, target, probes, directory, notices, audit, doors: doors.settings, api };
  checkPlaces(named, endpoints, written);
  return {
    ...named,
    file,
    database,
    endpoints,
    embedded,
    timezone,
    atOnce: form.workers['at-once'],
    followEverySeconds,
    switching: {
      announceAheadSeconds,
      holdMostSeconds,
      homeLateAfterSeconds,
      togetherMost: form.switching['together-most'],
      signInPassageMs,
    },
    waysIn: waysInOf(form['ways-in'], form.doors !== undefined),
    checkAheadSeconds: checkAhead.seconds,
    errorBudget,
    listen: listen.at,
    approvals: [...new Set(form.approvals.acts)],
    selection,
    delete: form.delete,
  };
}

function doorsIn(settings: DoorSettings | null): { readonly settings: DoorSettings } | null {
  return settings && { settings };
}

/** Without templates the list of mailboxes tells the users of one side from those of the other; the same one twice does not. */
function isIntoItself(source: Platform, target: Platform): boolean {
  const [from, to] = [source, target].map(({ endpoint, user }) => mailboxKey({ ...endpoint, user }));
  return source.user !== null && from === to;
}

function checkAheadIn(time: string | number): { readonly seconds: number | null } | null {
  if (time === 'off') return { seconds: null };
  const seconds = parseDuration(String(time));
  return seconds === null ? null : { seconds };
}

/** Port and password, or neither. */
function embeddedIn(file: string, { embedded }: EstateForm, written: Written): EstateSettings['embedded'] | 'wrong' {
  if (!written.isSound(['embedded'])) return 'wrong';
  const { port, password } = embedded;
  if (port === undefined && password === undefined) return null;
  if (port === undefined || password === undefined) {
    written.problem(['embedded'], 'embedded needs both port and password, or neither.');
    return 'wrong';
  }
  const reference = written.read(['embedded', 'password'], password, (text) =>
    referenceIn(dirname(resolve(file)), text),
  );
  return reference && written.isSound(['embedded', 'port']) ? { port, password: reference } : 'wrong';
}

function selectionOf(form: EstateForm, written: Written, problems: Problems): Selection | null {
  if (!written.isSound(['folders'])) return null;
  const globs = (which: 'include' | 'exclude'): readonly string[] => {
    const list = form.folders[which];
    if (!written.isSound(['folders', which]) || !list.every((_, i) => written.isSound(['folders', which, i])))
      return [];
    return readGlobs(`folders.${which}`, list, problems, (i) => written.at(['folders', which, i]));
  };
  const [include, exclude] = [globs('include'), globs('exclude')];
  const map = written.isSound(['folders', 'map']) ? mapOf(form, written) : [];
  const maxSizeBytes = written.read(['max-size'], form['max-size'], (size) =>
    size === undefined ? { bytes: null } : sizeOf(String(size)),
  );
  if (!maxSizeBytes) return null;
  return withoutRemoved({ ...everything, include, exclude, map, maxSizeBytes: maxSizeBytes.bytes });
}

function sizeOf(text: string): { readonly bytes: number } | null {
  const bytes = parseSize(text);
  return bytes === null ? null : { bytes };
}

function mapOf(form: EstateForm, written: Written): Selection['map'] {
  return Object.entries(form.folders.map).flatMap(([old, fresh]) => {
    const [from = '', to = ''] = [old, fresh].map((path) => path.replace(/^\/+|\/+$/g, ''));
    if (from !== '' && to !== '') return [{ from, to }];
    written.problem(['folders', 'map', old], 'A folder has a name on both sides: Old/Path: New/Path.');
    return [];
  });
}
