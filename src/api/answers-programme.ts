/** Answers about what the programme goes by. */

import type { Answerers } from './answer.ts';
import type { programmeContract } from './contract-programme.ts';

export const programmeAnswers: Answerers<typeof programmeContract> = {
  'see-programme': async ({ desk: { timezone, errorBudget } }) => ({ timezone, errorBudget }),
};
