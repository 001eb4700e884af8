/** Opens the doors that the settings name, each with what it has to know. */

import type { DoorSettings, DoorSide, PasswordPlace } from '#domain/door-settings.ts';
import { type Platform, type SideName, userOn } from '#domain/platform.ts';
import { openAuthHttp, type Substitute } from '#doors/auth-http.ts';
import { openAutodiscover } from '#doors/autodiscover.ts';
import { openDeliveries } from '#doors/deliveries.ts';
import type { Door } from '#doors/door.ts';
import { openDovecotDict } from '#doors/dict.ts';
import { type Allowed, allowedOf } from '#doors/listening.ts';
import { checkByImap, checkByLdap, type PasswordCheck } from '#doors/password-check.ts';
import { openSocketmap } from '#doors/socketmap.ts';
import type { Log } from '#lib/log.ts';
import type { AttemptSink } from '#ports/interruptions.ts';
import type { Reach } from '#ports/reach.ts';
import type { RouteBook } from '#ports/routes.ts';
import type { Secrets } from '#ports/secrets.ts';
import type { TailSink } from '#ports/tail.ts';

export interface DoorsOptions {
  readonly settings: DoorSettings;
  readonly platforms: Readonly<Record<SideName, Pick<Platform, 'user' | 'signIn' | 'ca' | 'verify'>>>;
  readonly book: RouteBook;
  readonly secrets: Secrets;
  /** Judges where passwords are sent to be checked; without it anywhere. */
  readonly reach?: Reach;
  /** Told who signs in by these doors. */
  readonly tail: TailSink;
  /** Told who had to wait at them. */
  readonly attempts: AttemptSink;
  readonly log: Log;
}

export interface OpenDoors extends AsyncDisposable {
  readonly doors: readonly Door[];
}

/** In words for people, as the database is told. */
export function servedBy(settings: DoorSettings): readonly string[] {
  return [
    ...(settings.postfix ? ['Postfix'] : []),
    ...(settings.deliveries ? ['deliveries'] : []),
    ...(settings.nginx ? ['nginx'] : []),
    ...(settings.dovecot ? ['Dovecot'] : []),
    ...(settings.clients ? ['mail programs'] : []),
  ];
}

/** All of them or none. Throws `listen.unusable`, and `secret.*` where the key of nginx cannot be had. */
export async function openDoors(options: DoorsOptions): Promise<OpenDoors> {
  const { settings, book, secrets, tail, attempts, log } = options;
  const { postfix, deliveries, nginx, dovecot, clients, signInsWaitMs: waitMs } = settings;
  const allowed = allowedOf(settings.allow) as Allowed; // each was read before
  const common = { allowed, book, attempts, log };
  await using ends = new AsyncDisposableStack();
  const doors: Door[] = [];
  const opened = async (opening: Promise<Door>): Promise<void> => {
    doors.push(ends.use(await opening));
  };
  if (deliveries) {
    const backends = both((side) => settings[side].deliver as NonNullable<DoorSide['deliver']>);
    await opened(openDeliveries({ ...common, at: deliveries.listen, backends, waitMs: deliveries.waitMs }));
  }
  if (postfix) {
    const views = new Map(postfix.views.map((view) => [view.name, view]));
    await opened(openSocketmap({ ...common, at: postfix.listen, views }));
  }
  if (nginx) {
    const { listen: at, signInsPerMinute } = nginx;
    const key = await secrets.resolve(nginx.key);
    const check = checkIn(options);
    const substitutes = both((side) => check && substituteOn(side, options, check));
    const places = both((side) => settings[side].nginx);
    await opened(
      openAuthHttp({
        ...common,
        at,
        key,
        places,
        substitutes: present(substitutes),
        checksOfHeld: checksOfHeld(nginx.check, check),
        waitMs,
        signInsPerMinute,
        tail,
      }),
    );
  }
  if (dovecot) {
    const backends = both((side) => settings[side].signIns);
    const { listen: at, signInsPerMinute } = dovecot;
    await opened(openDovecotDict({ ...common, at, backends, waitMs, signInsPerMinute, tail }));
  }
  if (clients) {
    const backends = both((side) => settings[side].signIns);
    const { listen: at, questionsPerMinute } = clients;
    const elsewhere = both((side) => settings[side].autodiscover);
    await opened(openAutodiscover({ ...common, at, backends, elsewhere, questionsPerMinute }));
  }
  for (const { serves, at } of doors)
    log.info('a door is open', { serves, at: at.kind === 'unix' ? at.path : `${at.host}:${at.port}` });
  const whole = ends.move();
  return { doors, [Symbol.asyncDispose]: () => whole[Symbol.asyncDispose]() };
}

function both<T>(make: (side: SideName) => T): Record<SideName, T> {
  return { source: make('source'), target: make('target') };
}

function present<T>(sides: Record<SideName, T | null>): Partial<Record<SideName, T>> {
  return {
    ...(sides.source === null ? {} : { source: sides.source }),
    ...(sides.target === null ? {} : { target: sides.target }),
  };
}

function checkIn({ settings, platforms, reach }: DoorsOptions): PasswordCheck | null {
  const check = settings.nginx?.check ?? null;
  if (check === null) return null;
  const { ca, verify } = platforms.source;
  if (check.kind === 'directory') return checkByLdap({ ...check, ca, verify }, reach);
  const { imap } = settings.source.signIns;
  return imap === undefined ? null : checkByImap(imap, reach);
}

/**
 * A directory can be asked about anybody. A sign-in to the source would be a session there, and its mailboxes are to have none while they
 * are held: it tells of those only who are on the target, and go home.
 */
function checksOfHeld(
  place: PasswordPlace | null,
  check: PasswordCheck | null,
): Partial<Record<SideName, PasswordCheck>> {
  if (place === null || check === null) return {};
  return place.kind === 'directory' ? { source: check, target: check } : { target: check };
}

/** Null where people sign in there with their own password. */
function substituteOn(
  side: SideName,
  { settings, platforms, secrets }: DoorsOptions,
  check: PasswordCheck,
): Substitute | null {
  const { signIn, user } = platforms[side];
  if (!settings[side].asAdmin || signIn.kind !== 'admin') return null;
  return {
    user: (named) => `${userOn(side, { user }, named)}*${signIn.admin}`,
    password: () => secrets.resolve(signIn.secret),
    check,
  };
}
