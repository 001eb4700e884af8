/** Answers about everything that is wrong. */

import type { Answerers } from './answer.ts';
import type { doctorContract } from './contract-doctor.ts';
import { wire } from './shapes/shape.ts';

export const doctorAnswers: Answerers<typeof doctorContract> = {
  // Who asks while others wait is answered with them, so nobody's going away ends it.
  'examine-estate': async ({ estate }) => ({ findings: wire(await estate.examine()) }),
};
