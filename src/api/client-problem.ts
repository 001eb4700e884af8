/** What a server says that it could not answer, as the fault that it was there. */

import { fault, type Fault, faultOfOther } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import { answerCheck } from './checked.ts';
import { type Problem, problemShape } from './problem.ts';

const wordsOctetsMost = 2_000;
const check = answerCheck(problemShape);

/** `text`: the body of an answer that is no success. */
export function faultTold(server: string, status: number, text: string): Fault {
  const problem = problemIn(text);
  if (problem === null) return fault('api.server.garbled', { server, text: `status ${status} without a problem.` });
  return faultIn(server, problem);
}

/** `problem`: as a server has told it. */
export function faultIn(server: string, problem: Problem): Fault {
  const words = cleanText(problem.detail, wordsOctetsMost);
  const { code, nearest = null, outcome } = problem;
  // What else it was about the words say already.
  const about = { nearest, ...(outcome ? { outcome } : {}) };
  return faultOfOther(code, words, about) ?? fault('api.server.garbled', { server, text: words });
}

function problemIn(text: string): Problem | null {
  try {
    const checked = check(JSON.parse(text));
    return 'fits' in checked ? (checked.fits as Problem) : null;
  } catch {
    return null;
  }
}
