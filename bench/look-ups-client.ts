/**
 * Asks a door as many Postfix processes would, each one question at a time: `node look-ups-client.ts PORT MAILBOXES CONNECTIONS
 * SECONDS`. Knows the right answers, and says in a line of JSON how many came, how many were wrong, and how long they took.
 */

import { connect } from 'node:net';
import { Chance } from '#lib/chance.ts';
import { peopleOf } from './look-ups-estate.ts';

export interface LookUps {
  readonly perSecond: number;
  /** Strangers who were told to ask later, as they are while not everybody is known. */
  readonly later: number;
  readonly wrong: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly mostMs: number;
}

interface Question {
  readonly asked: string;
  readonly answer: string;
  readonly isStranger: boolean;
}

/** Every so many-th of the estate is asked about. */
const oneIn = 8;

const [port = 0, mailboxes = 0, connections = 0, seconds = 0] = process.argv.slice(2).map(Number);
const questions = shuffled([...questionsOf(mailboxes)]);
const took = new Float64Array(20_000_000);
let [answers, wrong, later, next] = [0, 0, 0, 0];
process.stdout.write('ready\n');
const began = performance.now();
const ends = began + seconds * 1_000;
await Promise.all(Array.from({ length: connections }, ask));
const lasted = (performance.now() - began) / 1_000;
const sorted = took.subarray(0, answers).sort();
const at = (share: number): number => sorted[Math.min(answers - 1, Math.floor(answers * share))] ?? Number.NaN;
const result: LookUps = {
  perSecond: Math.round(answers / lasted),
  wrong,
  later,
  p50Ms: at(0.5),
  p99Ms: at(0.99),
  p999Ms: at(0.999),
  mostMs: at(1),
};
process.stdout.write(`${JSON.stringify(result)}\n`);

function ask(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    let question = questions[0] as Question;
    let since = 0;
    let heard = '';
    const send = (): void => {
      question = questions[next++ % questions.length] as Question;
      heard = '';
      since = performance.now();
      socket.write(question.asked);
    };
    socket.once('connect', send).once('error', reject);
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (!heard.endsWith(',')) return;
      const now = performance.now();
      if (answers < took.length) took[answers++] = now - since;
      if (question.isStranger && heard.includes('TEMP')) later++;
      else if (heard !== question.answer) wrong++;
      if (now < ends) send();
      else {
        socket.end();
        resolve();
      }
    });
  });
}

/** Six of ten by the address, three by an alias, and one of a stranger. */
function* questionsOf(count: number): Generator<Question> {
  let number = 0;
  for (const names of peopleOf(count)) {
    number++;
    if (number % oneIn !== 0) continue;
    const which = (number / oneIn) % 10;
    const name =
      which < 6 ? names[0] : which < 9 ? (names[1 + (which % (names.length - 1))] as string) : `stranger${names[0]}`;
    const isStranger = which === 9;
    const said = isStranger ? 'NOTFOUND ' : transportOf(number);
    yield {
      asked: netstring(`transport ${which === 0 ? name.toUpperCase() : name}`),
      answer: netstring(said),
      isStranger,
    };
  }
}

/** As `fillForLookUps` has put them. */
function transportOf(number: number): string {
  if (number % 50 === 7) return 'OK lmtp:[127.0.0.1]:24';
  return number % 5 < 2 ? 'OK smtp:[new.example]' : 'OK smtp:[old.example]';
}

function netstring(text: string): string {
  return `${text.length}:${text},`;
}

function shuffled<T>(those: T[]): T[] {
  const chance = new Chance(1);
  for (let i = those.length - 1; i > 0; i--) {
    const j = chance.below(i + 1);
    [those[i], those[j]] = [those[j] as T, those[i] as T];
  }
  return those;
}
