/** What is to be said of an estate as its database shows it. Facts in, remarks out. */

import { fine, look, type Remark, untried, wrong } from './diagnosis.ts';
import type { DoctorFacts } from './doctor-facts.ts';
import type { EstateNow } from './estate-state.ts';
import { faults } from './fault.ts';

/** The clocks of this machine and the database: more than a round trip may take, less than a lease (route.ts: 5 s). */
const [skewLookMs, skewWrongMs] = [2_000, 30_000];
const [lagLookMs, minuteMs, hourMs, dayMs] = [60_000, 60_000, 3_600_000, 86_400_000];
/** A job waits for seconds; whoever takes none for so long is stuck, or nobody takes any. */
const waitWrongMs = 15 * minuteMs;
/** The one that Godwit brings is for a trial or a small estate (docs/decisions/0010-postgresql.md). */
const embeddedMost = 2_000;
/** The lead makes a forecast every night. */
const forecastLookMs = 2 * dayMs;
const aheadMs = 2 * dayMs;
/** Of tables; what is asked for at random of so much does not fit into what PostgreSQL takes by itself, 128 MB. */
const buffersLookOctets = 2 ** 30;

export function judgeClock(skewMs: number): Remark {
  const says = `${Math.abs(skewMs) < 1_000 ? 'less than a second' : `${Math.round(Math.abs(skewMs) / 1_000)} s`} ${skewMs < 0 ? 'behind' : 'ahead of'} this machine`;
  const remedy =
    'Have both kept by NTP: windows are told by the clock of the database, tokens and certificates by that of this machine.';
  if (Math.abs(skewMs) >= skewWrongMs) return wrong('clock of the database', says, remedy);
  return Math.abs(skewMs) >= skewLookMs
    ? look('clock of the database', says, remedy)
    : fine('clock of the database', says);
}

export function judgeReplication({ isReplica, lagMs }: Pick<DoctorFacts, 'isReplica' | 'lagMs'>): Remark | null {
  if (isReplica)
    return wrong(
      'replication',
      'this database is a replica, into which nothing can be written',
      'Name the primary in `database`.',
    );
  if (lagMs === null) return null;
  const says = `the slowest replica is ${Math.round(lagMs / 1_000)} s behind`;
  return lagMs > lagLookMs
    ? look('replication', says, 'What is lost with the primary is as much: see why it does not follow.')
    : fine('replication', says);
}

export function judgeSize(mailboxes: number, isEmbedded: boolean): Remark | null {
  if (!isEmbedded || mailboxes <= embeddedMost) return null;
  return wrong(
    'size',
    `${mailboxes} mailboxes are kept in the PostgreSQL that Godwit brings, which is for ${embeddedMost} at most`,
    'Move the estate to a PostgreSQL of your own, with backups: `database` in godwit.yaml.',
  );
}

export function judgeBuffers({ bufferOctets, tableOctets }: DoctorFacts['memory']): Remark {
  const says = `PostgreSQL keeps ${megabytes(bufferOctets)} at hand of ${megabytes(tableOctets)} of tables`;
  return tableOctets > buffersLookOctets && bufferOctets < buffersLookOctets / 2
    ? look('buffers', says, 'Set its shared_buffers to a quarter of its memory: lists get several times faster.')
    : fine('buffers', says);
}

function megabytes(octets: number): string {
  return `${Math.ceil(octets / 2 ** 20)} MB`;
}

/** `ours`: the version of who asks. */
export function judgeWorkers(
  { workers, published }: Pick<DoctorFacts, 'workers' | 'published'>,
  ours: string,
): readonly Remark[] {
  const atWork = workers.filter(({ role }) => role !== 'onlooker');
  if (atWork.length === 0)
    return [
      wrong(
        'workers',
        'nobody is at work',
        'Start godwit serve, or godwit worker on any machine that reaches both platforms.',
      ),
    ];
  const each = atWork.map(({ host, pid, role, version, silentMs, lacks, isDraining }): Remark => {
    const about = `${role} on ${host}, process ${pid}`;
    if (lacks.length > 0)
      return wrong(
        about,
        `takes nothing: it cannot resolve ${lacks.join(', ')}`,
        'Give it those secrets there, or start it with the key (docs/secrets.md).',
      );
    if (silentMs > minuteMs)
      return look(
        about,
        `has not been heard of for ${Math.round(silentMs / 1_000)} s`,
        'If it is gone, others take over what it had; see that it is started again.',
      );
    if (version !== ours && version !== published?.version)
      return look(
        about,
        `is of version ${version}`,
        `Renew it: the control plane is of version ${published?.version ?? ours}.`,
      );
    return fine(about, isDraining ? 'is being drained' : `at work, version ${version}`);
  });
  const serves = atWork.some(({ role }) => role === 'serve')
    ? []
    : [
        wrong(
          'control plane',
          'no godwit serve is at work: nothing is released, and no window opens',
          'Start godwit serve.',
        ),
      ];
  return [...serves, ...each];
}

export function judgeQueue({ jobs, workers }: Pick<DoctorFacts, 'jobs' | 'workers'>): Remark {
  if (jobs === null) return untried('queue', 'nobody has served this estate yet');
  const says = `${jobs.waiting} jobs wait, ${jobs.active} are being done`;
  if (jobs.waiting === 0 || (jobs.oldestMs ?? 0) < waitWrongMs) return fine('queue', says);
  const minutes = Math.round((jobs.oldestMs ?? 0) / minuteMs);
  return wrong(
    'queue',
    `${says}, the first for ${minutes} minutes`,
    workers.length === 0
      ? 'Start godwit serve or godwit worker.'
      : 'See `godwit get workers` and the log of one of them: what holds them, a platform that rests, or too few?',
  );
}

/** Mailboxes that need somebody, by their fault: the most first. */
export function judgeBlocked({ blocked }: Pick<DoctorFacts, 'blocked'>): readonly Remark[] {
  if (blocked.length === 0) return [fine('mailboxes', 'none is blocked')];
  return blocked.map(({ code, mailboxes, example }) =>
    wrong(
      code,
      `${mailboxes === 1 ? `${example} is` : `${mailboxes} mailboxes are`} blocked${mailboxes === 1 ? '' : `, such as ${example}`}`,
      code in faults ? faults[code as keyof typeof faults].remedy : 'See godwit describe mailbox.',
    ),
  );
}

export function judgeNotices({ notices }: Pick<DoctorFacts, 'notices'>): readonly Remark[] {
  const { refused, unknown, waiting } = notices;
  if (refused + unknown + waiting === 0) return [fine('notices', 'none has failed')];
  const some = [
    ...(refused > 0 ? [`${refused} were refused`] : []),
    ...(unknown > 0 ? [`of ${unknown} nobody heard whether they arrived`] : []),
    ...(waiting > 0 ? [`${waiting} wait for the mail server`] : []),
  ];
  return [
    look(
      'notices',
      some.join(', '),
      'godwit notices list --became refused says why; godwit notices send --again tries them once more.',
    ),
  ];
}

export function judgeForecast(
  { forecastAt, now }: Pick<DoctorFacts, 'forecastAt' | 'now'>,
  hasWaves: boolean,
): Remark | null {
  if (!hasWaves) return null;
  const remedy = 'The control plane makes one every night: see its log. By hand: godwit forecast.';
  if (forecastAt === null) return look('forecast', 'none has been made yet', remedy);
  const hours = Math.round((now - forecastAt) / hourMs);
  return now - forecastAt > forecastLookMs
    ? look('forecast', `the last is ${hours} hours old`, remedy)
    : fine('forecast', `the last is ${hours} hours old`);
}

/** Waves that stand still until somebody says a word, platforms that nobody is let into, the brake, and ways home that are late. */
export function judgeStanding({ waves, platforms, brake, waysHomeLate }: EstateNow, now: number): readonly Remark[] {
  const remarks: Remark[] = [];
  if (brake !== null)
    remarks.push(
      wrong(
        'brake',
        `it is on, nothing is switched: ${brake.who} (${brake.why})`,
        'When it is safe: godwit brake off.',
      ),
    );
  for (const { side, state, why } of platforms) {
    if (state === 'shut' || state === 'probing')
      remarks.push(
        wrong(
          side,
          `nobody signs in there at present: ${why}`,
          'It is tried again by itself; see what that platform says.',
        ),
      );
    else if (state === 'resting')
      remarks.push(look(side, `it asked us to wait: ${why}`, 'Nothing need be done, unless it lasts.'));
  }
  for (const { name, state, window, pausedWhy, remarks: said } of waves) {
    if (state === 'paused')
      remarks.push(
        wrong(
          `wave ${name}`,
          `is paused${pausedWhy === null ? '' : `: ${pausedWhy}`}`,
          `When it may go on: godwit wave resume ${name}.`,
        ),
      );
    else if (state === 'planned' && window.opensAt - now < aheadMs && window.closesAt > now)
      remarks.push(
        wrong(
          `wave ${name}`,
          `its window opens at ${instant(window.opensAt)}, and nobody has started it`,
          `godwit wave start ${name}, or give it another window.`,
        ),
      );
    else if (said.length > 0 && state === 'running')
      remarks.push(look(`wave ${name}`, said.join(' '), `godwit describe wave ${name}`));
  }
  for (const { code, mailboxes, since, example } of waysHomeLate)
    remarks.push(
      wrong(
        code,
        `changes of ${mailboxes} mailboxes are not carried home, of ${example} since ${instant(since)}`,
        'They would lose those by going back now: godwit get mailboxes --select way-home=late.',
      ),
    );
  return remarks.length > 0 ? remarks : [fine('waves', 'none waits for anybody')];
}

function instant(at: Date | number): string {
  return `${new Date(Number(at)).toISOString().slice(0, 16)}Z`;
}
