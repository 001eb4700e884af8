/** What was found at an address, told to a person: the server, the mailbox, and what it will mean, the gravest first. */

import type { DeepFacts, MailboxFacts, ProbeReport, Remark, ServerFacts } from '#domain/probe-report.ts';
import { faultLines } from './fault-text.ts';
import { names } from './names.ts';
import { bytes, count, counted, shown, table } from './shown.ts';

const weights: Readonly<Record<Remark['weight'], string>> = { trouble: 'TROUBLE', note: 'note', fine: 'fine' };

const belongs = { personal: 'personal', 'other-users': "other users'", shared: 'shared' } as const;

/** All lines; with `onlyTrouble` what ended the look, and what stands in the way of a move. */
export function probeLines(report: ProbeReport, onlyTrouble: boolean): readonly string[] {
  const remarks = report.remarks.filter(({ weight }) => !onlyTrouble || weight === 'trouble');
  const meaning = table(
    remarks.map(({ weight, topic, says }) => [weights[weight], topic, shown(says, 500)]),
    new Set(),
  );
  const ended = report.fault ? faultLines(report.fault) : [];
  if (onlyTrouble) return [...ended, ...meaning];
  const parts = [
    report.facts ? serverLines(report.facts) : [],
    report.mailbox ? mailboxLines(report.mailbox) : [],
    report.deep ? deepLines(report.deep) : [],
    meaning.length > 0 ? ['What it means for a move', ...meaning.map((line) => `  ${line}`)] : [],
    ended,
  ];
  return parts.filter((part) => part.length > 0).flatMap((part, i) => (i === 0 ? part : ['', ...part]));
}

function serverLines(facts: ServerFacts): readonly string[] {
  const id = Object.entries(facts.id).map(([field, value]) => `${field} ${value}`);
  const { tls } = facts;
  const rows: (readonly [string, string])[] = [
    ['server', `${facts.host}:${facts.port}${facts.kind === 'unknown' ? '' : `, ${facts.kind}`}`],
    ['greeting', facts.greeting],
    ['says of itself', id.join(', ')],
    ['protection', tls ? `${tls.version}, ${tls.cipher}` : 'none: clear text'],
    [
      'certificate',
      tls ? `${tls.subject}, by ${tls.issuer}, until ${tls.validTo}${tls.problem ? `: ${tls.problem}` : ''}` : '',
    ],
    ['round trip', `${facts.roundTripMs < 10 ? facts.roundTripMs.toFixed(1) : Math.round(facts.roundTripMs)} ms`],
    ['sign-in by', facts.mechanisms.join(' ')],
    ['can do', (facts.capabilitiesAfter ?? facts.capabilitiesBefore).join(' ')],
  ];
  return table(
    rows.filter(([, value]) => value !== '').map(([name, value]) => [name, shown(value, 1_000)]),
    new Set(),
  );
}

function mailboxLines(mailbox: MailboxFacts): readonly string[] {
  const size = mailbox.bytes === null ? '' : `, ${bytes(mailbox.bytes)}`;
  const rooms = mailbox.quotas.map(({ root, resource, used, limit }) => {
    const amount = resource.toUpperCase() === 'STORAGE' ? bytes : count;
    return `${shown(resource, 40).toLowerCase()} ${amount(used)} of ${amount(limit)}${root === '' ? '' : ` (${shown(root, 60)})`}`;
  });
  const limits = [
    ...rooms,
    ...(mailbox.appendLimitBytes === null ? [] : [`a message may have ${bytes(mailbox.appendLimitBytes)}`]),
    ...(mailbox.newKeywords === null ? [] : [mailbox.newKeywords ? 'new keywords are allowed' : 'no new keywords']),
  ];
  const most = mailbox.folders.toSorted((a, b) => (b.messages ?? 0) - (a.messages ?? 0));
  return [
    `A move takes ${counted(mailbox.messages, 'message')}${size}, of ${counted(mailbox.folders.length, 'folder')}:`,
    ...names(most, (folder) => [
      folder.path,
      folder.messages === null ? '' : counted(folder.messages, 'message'),
      folder.bytes === null ? '' : bytes(folder.bytes),
      [
        ...folder.specialUses,
        folder.selectable ? '' : 'cannot be selected',
        folder.subscribed ? '' : 'not subscribed',
        folder.virtual ? 'shows messages of other folders' : '',
        folder.belongsTo === 'personal' ? '' : belongs[folder.belongsTo],
      ]
        .filter((word) => word !== '')
        .join(', '),
    ]),
    ...(limits.length > 0 ? [`Room: ${limits.join('; ')}`] : []),
  ];
}

function deepLines(deep: DeepFacts): readonly string[] {
  const lines = [
    `Looked through ${counted(deep.messagesRead, 'message')}, ${bytes(deep.bytesRead)}; the largest has ${bytes(deep.largestBytes)}`,
  ];
  for (const finding of deep.findings) {
    lines.push(
      `${counted(finding.count, 'message')} of the kind ${finding.kind}`,
      ...names(finding.examples, ({ folder, uid, detail }) => [folder, uid === null ? '' : `UID ${uid}`, detail]),
    );
  }
  return lines;
}
