/** `godwit tail applications` and `assign`: programs among those who sign in, who answers for each, and what becomes of it. */

import type { MachineSign, TailApplication, TailNature } from '#domain/tail.ts';
import { csvLine } from '#lib/csv-cells.ts';
import type { Session } from './session.ts';
import { count, counted, duration, shown, table } from './shown.ts';
import { noSuchOrganisation, openTailFor, sinceIn } from './tail-desk.ts';
import type { TailApplicationsFlags, TailAssignFlags } from './tail-flags.ts';
import { usageError } from './usage.ts';

export async function listApplications(this: Session, flags: TailApplicationsFlags): Promise<void> {
  const sinceMs = sinceIn(this, flags.since);
  const organisation = flags.organisation ?? null;
  await using desk = await openTailFor(this, flags);
  const unknown = organisation === null ? null : await desk.organisation(organisation);
  if (unknown) throw noSuchOrganisation(unknown);
  const parts = desk.applications({ organisation, sinceMs });
  if (this.json) {
    const document = this.longDocument();
    await document.list('applications', parts);
    document.end();
  } else if (flags.output === 'csv') {
    this.world.stdout.write(csvLine(csvHead));
    for await (const some of parts) this.world.stdout.write(some.map((each) => csvLine(cells(each))).join(''));
  } else {
    const all: TailApplication[] = [];
    for await (const some of parts) all.push(...some);
    this.conclude(null, () => lines(all, new Date(this.world.now()).toISOString().slice(0, 10)));
  }
}

export async function assign(this: Session, flags: TailAssignFlags, name: string): Promise<void> {
  const { owner, plan, by, clear } = flags;
  if (clear === true && (owner ?? plan ?? by) !== undefined)
    throw usageError('--clear forgets what was written down; it goes with nothing else.');
  if (clear !== true && (!owner?.trim() || !plan?.trim()))
    throw usageError('--owner and --plan are wanted: who answers for it, and what is to become of it.');
  if (by !== undefined && !isDay(by)) throw usageError('--by wants a day, such as 2027-03-31.');
  await using desk = await openTailFor(this, flags);
  const done =
    clear === true
      ? await desk.unassign(name)
      : await desk.assign({ name, owner: clean(owner ?? ''), plan: clean(plan ?? ''), by: by ?? null });
  if (done.kind === 'unknown')
    throw usageError(
      `There is no mailbox ${shown(name, 320)} in this estate, and nobody has signed in under that name${done.nearest === null ? '.' : `; did you mean ${shown(done.nearest, 320)}?`}`,
    );
  const whom = shown(done.address ?? done.name, 320);
  this.conclude({ ...done, owner: owner ?? null, plan: plan ?? null, by: by ?? null }, () => [
    clear === true
      ? `${whom}: nothing is planned any more.`
      : `${whom}: ${shown(owner ?? '', 100)}; ${shown(plan ?? '', 200)}${by === undefined ? '' : `, by ${by}`}.`,
  ]);
}

const csvHead = [
  'address',
  'name',
  'organisation',
  'looks_like',
  'because',
  'protocols',
  'clients',
  'sends_as',
  'networks',
  'times',
  'first_seen',
  'last_seen',
  'moved',
  'owner',
  'plan',
  'plan_by',
];

function cells(each: TailApplication): readonly (string | number | null)[] {
  return [
    each.address,
    each.name,
    each.organisation,
    each.natures.join(' '),
    each.signs.map(signText).join('; '),
    each.protocols.join(' '),
    each.clients.join(', '),
    each.senders.join(' '),
    each.networks.join(' '),
    each.times,
    each.firstAt.toISOString(),
    each.lastAt.toISOString(),
    each.hasMoved === null ? null : each.hasMoved ? 'yes' : 'no',
    each.plan?.owner ?? null,
    each.plan?.plan ?? null,
    each.plan?.by ?? null,
  ];
}

function lines(all: readonly TailApplication[], today: string): readonly string[] {
  if (all.length === 0) return ['Nobody who was seen looks like a program.'];
  const without = all.filter(({ plan }) => plan === null).length;
  const blocks = all.flatMap((each) => {
    const { address, name, organisation, natures, signs, senders, networks, times, lastAt, hasMoved, plan } = each;
    const whose = organisation === null ? '' : `, ${shown(organisation, 20)}`;
    return [
      `${shown(address ?? name, 320)}${address === null ? ' (unknown to the estate)' : whose}: ${natures.map(natureText).join(' and ')}`,
      ...table(
        [
          ['  because', signs.map(signText).join('; ')],
          ...(senders.length === 0 ? [] : [['  sends as', senders.map((sender) => shown(sender, 80)).join(', ')]]),
          [
            '  seen',
            `${counted(times, 'time')}, last ${lastAt.toISOString().slice(0, 16)}Z, from ${counted(networks.length, 'network')}${hasMoved === true ? '; its mailbox has moved' : ''}`,
          ],
          [
            '  plan',
            plan === null
              ? 'none'
              : `${shown(plan.owner, 80)}: ${shown(plan.plan, 200)}${plan.by === null ? '' : `, by ${plan.by}${plan.by < today ? ' (that day is over)' : ''}`}`,
          ],
        ],
        new Set(),
      ),
      '',
    ];
  });
  return [
    ...blocks,
    without === 0
      ? `${counted(all.length, 'candidate')}, each with a plan.`
      : `${counted(all.length, 'candidate')}, ${count(without)} without a plan: godwit tail assign ADDRESS --owner … --plan …`,
  ];
}

function natureText(nature: TailNature): string {
  return { person: 'used as people do', poller: 'a program that reads', sender: 'a program that sends' }[nature];
}

function signText(sign: MachineSign): string {
  switch (sign.kind) {
    case 'regular':
      return `about every ${duration(sign.everyMs)}, ${Math.floor(sign.share * 100)} % of the time`;
    case 'day-and-night':
      return `at ${sign.hours} hours of the day`;
    case 'program':
      return `by ${shown(sign.client, 40)}`;
    case 'pop3':
      return 'by POP3';
    case 'without-sign-in':
      return 'hands in messages without signing in';
    case 'sends-only':
      return `handed in ${counted(sign.times, 'message')} and reads none`;
    case 'declared':
      return 'an application account in the list of mailboxes';
    case 'planned':
      return 'somebody answers for it';
    default:
      return sign satisfies never;
  }
}

function isDay(text: string): boolean {
  const at = Date.parse(`${text}T00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === text;
}

/** As it is kept: on one line, and no longer than a spreadsheet shows. */
function clean(text: string): string {
  return shown(text.trim(), 500);
}
