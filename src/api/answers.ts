/** Every operation of the contract, answered. */

import { accessAnswers } from './answers-access.ts';
import { auditAnswers } from './answers-audit.ts';
import { doctorAnswers } from './answers-doctor.ts';
import { noticesAnswers } from './answers-notices.ts';
import { secretsAnswers } from './answers-secrets.ts';
import { datesAnswers } from './answers-dates.ts';
import { publicAnswers, estateAnswers } from './answers-estate.ts';
import { evidenceAnswers } from './answers-evidence.ts';
import { filesAnswers } from './answers-files.ts';
import { importAnswers } from './answers-import.ts';
import { keptAnswers } from './answers-kept.ts';
import { logsAnswers } from './answers-logs.ts';
import { looksAnswers } from './answers-looks.ts';
import { plansAnswers } from './answers-plans.ts';
import { programmeAnswers } from './answers-programme.ts';
import { mailboxAnswers } from './answers-mailboxes.ts';
import { tailAnswers } from './answers-tail.ts';
import { waveAnswers } from './answers-waves.ts';
import type { Answerers } from './answer.ts';
import type { Contract } from './contract.ts';

export const answers: Answerers<Contract> = {
  ...publicAnswers,
  ...estateAnswers,
  ...mailboxAnswers,
  ...datesAnswers,
  ...waveAnswers,
  ...looksAnswers,
  ...tailAnswers,
  ...filesAnswers,
  ...importAnswers,
  ...logsAnswers,
  ...keptAnswers,
  ...evidenceAnswers,
  ...auditAnswers,
  ...noticesAnswers,
  ...secretsAnswers,
  ...doctorAnswers,
  ...accessAnswers,
  ...programmeAnswers,
  ...plansAnswers,
};
