/**
 * The report of a wave as one page that needs nothing else: no script, no font and no picture from anywhere, which its policy also
 * forbids. Written as it is read, however many mailboxes there are. Words of others are made visible and escaped.
 */

import { createHash } from 'node:crypto';
import type { ByReason, ListedException, MailboxAccount, WaveSummary } from '#domain/wave-report.ts';
import type { WaveReport } from '#operations/report-wave.ts';
import { escaped } from '#rehearsal/svg.ts';
import { interruptionsText } from './interruption-text.ts';
import { bytes, count, counted, duration, shown } from './shown.ts';
import { gradeText } from './wave-report-text.ts';
import { windowText } from './wave-text.ts';

/** In pieces, in the order in which they are written. `exceptions`: with folders as people read them. */
export async function* wavePage(
  report: WaveReport,
  exceptions: AsyncIterable<readonly ListedException[]>,
): AsyncGenerator<string> {
  // The sums stand at the top, and are those of the accounts below: both are read from the same rows, one after the other.
  for await (const _page of report.accounts());
  const summary = await report.summary();
  yield head(summary);
  yield tableHead('Mailboxes', mailboxColumns);
  for await (const page of report.accounts()) yield page.map(mailboxRow).join('');
  yield tableEnd;
  yield tableHead('Messages that are listed by name', exceptionColumns);
  let listed = 0;
  for await (const page of exceptions) {
    listed += page.length;
    yield page.map(exceptionRow).join('');
  }
  yield tableEnd;
  yield `${listed === 0 ? '<p>None is.</p>' : ''}</main></body></html>\n`;
}

function head({ wave, totals, interruptions, grade }: WaveSummary): string {
  const name = text(wave.name, 60);
  const facts: readonly (readonly [string, string])[] = [
    ['Mailboxes', `${count(totals.mailboxes)}: ${reasons(totals.stages)}`],
    ['Window', windowText(wave)],
    ['Messages found', count(totals.found)],
    ['Copied', `${count(totals.copied)}, ${bytes(totals.bytes)} carried`],
    ['There already', count(totals.alreadyThere)],
    ['Refused', `${count(totals.refused)}${inBrackets(totals.refusedFor)}`],
    ['Served otherwise', reasons(totals.differentIn) || 'none'],
    ['Interrupted at the switch', interruptions === null ? 'nobody has switched' : interruptionsText(interruptions)],
    ['Verified', reasons(totals.verified) || 'not yet'],
    ['Grade', grade === null ? 'no certificates yet' : `${gradeText(grade)}${inBrackets(totals.grades)}`],
    [
      'Exceptions',
      `${count(totals.open)} open, ${count(totals.accepted)} accepted${totals.acceptedBy.length === 0 ? '' : ` by ${totals.acceptedBy.join(', ')}`}`,
    ],
  ];
  const rows = facts.map(([what, how]) => `<dt>${escaped(what)}</dt><dd>${text(how, 1_000)}</dd>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Wave ${name}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Wave ${name} is ${escaped(wave.state)}: ${counted(totals.open, 'exception')} open</h1>
<dl>${rows.join('\n')}</dl>
`;
}

const mailboxColumns = [
  'mailbox',
  'organisation',
  'stage',
  'found',
  'copied',
  'there already',
  'refused',
  'carried',
  'interrupted',
  'open',
  'accepted',
  'verified',
  'grade',
];

function mailboxRow(account: MailboxAccount): string {
  const { address, organisation, stage, mark, markedFor, found, interruptedMs, verified } = account;
  const why = markedFor === null ? '' : ` (${markedFor})`;
  return row(account.open > 0 || mark !== null, [
    address,
    organisation,
    mark === null ? stage : `${stage}, ${mark}${why}`,
    found,
    account.copied,
    account.alreadyThere,
    account.refused,
    bytes(account.bytes),
    interruptedMs === null ? '' : duration(interruptedMs),
    account.open,
    account.accepted,
    verified?.outcome ?? '',
    account.certified?.grade ?? '',
  ]);
}

const exceptionColumns = ['mailbox', 'folder', 'UID', 'code', 'detail', 'size', 'accepted'];

function exceptionRow({ address, folder, uid, code, detail, sizeBytes, accepted }: ListedException): string {
  const said = accepted === null ? 'by nobody' : `by ${accepted.who} on ${accepted.at.slice(0, 10)}: ${accepted.why}`;
  const size = sizeBytes === null ? '' : bytes(sizeBytes);
  return row(accepted === null, [address, folder, String(uid), code, detail, size, said]);
}

function tableHead(title: string, columns: readonly string[]): string {
  const names = columns.map((column) => `<th scope="col">${escaped(column)}</th>`).join('');
  return `<h2>${escaped(title)}</h2>\n<div><table><thead><tr>${names}</tr></thead><tbody>\n`;
}

const tableEnd = '</tbody></table></div>\n';

/** Numbers stand to the right. */
function row(needsSomebody: boolean, cells: readonly (string | number | null)[]): string {
  const written = cells.map((cell, i) => {
    if (typeof cell === 'number') return `<td class="n">${count(cell)}</td>`;
    return i === 0 ? `<th scope="row">${text(cell ?? '')}</th>` : `<td>${text(cell ?? '')}</td>`;
  });
  return `<tr${needsSomebody ? ' class="open"' : ''}>${written.join('')}</tr>\n`;
}

function text(words: string, longest = 300): string {
  return escaped(shown(words, longest));
}

function reasons(by: ByReason): string {
  return Object.entries(by)
    .map(([what, n]) => `${count(n)} ${what}`)
    .join(', ');
}

function inBrackets(by: ByReason): string {
  return Object.keys(by).length === 0 ? '' : ` (${reasons(by)})`;
}

const style = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--faint:#5d6670;--grid:#d8dde2;--open:#b3261e}
@media(prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e6e9ec;--faint:#9aa4ae;--grid:#333a41;--open:#ff8a80}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}main{max-width:80rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.2rem;margin-top:2.5rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem}dt{color:var(--faint)}dd{margin:0}
div{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.85rem}th,td{text-align:left;font-weight:400;vertical-align:top;padding:.25rem .6rem;border-bottom:1px solid var(--grid)}
thead th{color:var(--faint);font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums}.open th{color:var(--open);font-weight:600}
@media print{body{font-size:9pt}main{max-width:none;padding:0}tr{break-inside:avoid}div{overflow:visible}}`;

/** What the policy lets pass (CSP Level 3 §8.3): this style, to the octet. */
const styleHash = createHash('sha256').update(style).digest('base64');
