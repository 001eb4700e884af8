/** Ways in for people: how `godwit wave check` tells of them, and `godwit wave accept-ways-in`, a person's word for those nobody holds. */

import { waysPromisedBy } from '#domain/estate-settings.ts';
import { lackingOf, type OrganisationWays, type WaveWays, type WayStanding } from '#domain/ways-in.ts';
import { serverOf } from './by-server.ts';
import type { WaveFlags } from './flags.ts';
import { openProgrammeFor, settingsOf } from './programme.ts';
import type { Session } from './session.ts';
import { count, counted, shown } from './shown.ts';
import { usageError } from './usage.ts';
import { unknownWave } from './wave-report.ts';

/** `godwit wave accept-ways-in NAME --why …`. Exit code 2 where there is no such wave, it is over, or no reason is given. */
export async function acceptWaysIn(this: Session, flags: WaveFlags, name: string): Promise<void> {
  if (!flags.why) throw usageError('--why is wanted: people will ask who said that this wave may switch as it is.');
  // A server goes by its own.
  const settings = (await serverOf(this, flags)) === null ? await settingsOf(this, flags) : null;
  const promised = settings === null ? { ways: null, endsSessions: false } : waysPromisedBy(settings);
  await using programme = await openProgrammeFor(this, flags);
  const accepted = await programme.waysIn.accept(name, promised, programme.who, flags.why);
  switch (accepted.kind) {
    case 'unknown':
      throw unknownWave(name, accepted.nearest);
    case 'refused':
      throw usageError(`The wave ${shown(name)} is ${accepted.state}: nobody switches in it any more.`);
    case 'nothing':
      return this.conclude(accepted, () => [
        accepted.isPromised
          ? `Of ${shown(name)} all ways in are held, or were accepted before: no word is needed.`
          : 'There are neither doors nor ways-in in godwit.yaml: nothing is promised, and no word is needed.',
      ]);
    case 'accepted':
      this.conclude(accepted, () => [
        `${shown(name)} may switch though nobody holds, while it does:`,
        ...listed(
          accepted.organisations.map(({ organisation, ways }) => `  of ${shown(organisation, 40)}: ${ways.join(', ')}`),
        ),
        'Of another organisation in it, or a way that is lost from now on, you are asked again.',
      ]);
  }
}

/** Organisations of which people read; `-o json` has them all. */
const organisationsShown = 10;

/** What a check tells of them; with `onlyTrouble` only those for which a word is wanted. */
export function waysLines(wave: string, ways: WaveWays, onlyTrouble: boolean): readonly string[] {
  const unknown = ways.unknown.map(
    (code) => `ways-in in godwit.yaml names ${shown(code, 40)}, and there is no such organisation: it means nobody.`,
  );
  if (!ways.isPromised)
    return onlyTrouble
      ? []
      : [
          '',
          'Ways in: there are no doors, so nobody and nothing is held while they switch. Who is signed in just then may notice, and what',
          '  comes to the side that is left is carried after them (docs/coexistence.md).',
        ];
  const told = ways.organisations.filter((each) => !onlyTrouble || lackingOf(each).length > 0);
  const alike = [...Map.groupBy(told, ({ ways: its }) => JSON.stringify(its)).values()];
  const isWaiting = ways.organisations.some((each) => lackingOf(each).length > 0);
  return [
    ...(unknown.length > 0 ? ['', ...unknown] : []),
    ...alike.flatMap((group) => ['', `Ways in of ${whose(group)}`, ...(group[0]?.ways ?? []).map(wayLine)]),
    ...(isWaiting
      ? [
          '',
          `They switch when these are held, or when you say that they may: godwit wave accept-ways-in ${shown(wave, 40)} --why …`,
        ]
      : []),
  ];
}

function whose(group: readonly OrganisationWays[]): string {
  const names = group.slice(0, organisationsShown).map(({ organisation }) => shown(organisation, 40));
  const more = group.length - names.length;
  const mailboxes = group.reduce((sum, each) => sum + each.mailboxes, 0);
  return `${names.join(', ')}${more > 0 ? ` and ${count(more)} more (-o json)` : ''}: ${counted(mailboxes, 'mailbox', 'mailboxes')}`;
}

function wayLine({ way, heldBy, remedy, accepted }: WayStanding): string {
  const name = `  ${way.padEnd('direct'.length)}  `;
  if (heldBy !== null) return `${name}held: ${shown(heldBy, 200)}`;
  if (accepted !== null)
    return `${name}not held, and accepted by ${shown(accepted.who, 60)}: ${shown(accepted.why, 200)}`;
  return `${name}not held. ${remedy ?? ''}`;
}

function listed(lines: readonly string[]): readonly string[] {
  const more = lines.length - organisationsShown;
  return [...lines.slice(0, organisationsShown), ...(more > 0 ? [`  … and of ${count(more)} more (-o json)`] : [])];
}
