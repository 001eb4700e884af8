/**
 * Every operation of the API, once: routes, OpenAPI, the tests of who may what and clients are made from this. A name or a path
 * once released keeps its meaning.
 */

import { accessContract } from './contract-access.ts';
import { auditContract } from './contract-audit.ts';
import { datesContract } from './contract-dates.ts';
import { estateContract } from './contract-estate.ts';
import { doctorContract } from './contract-doctor.ts';
import { eventsContract } from './contract-events.ts';
import { evidenceContract } from './contract-evidence.ts';
import { filesContract } from './contract-files.ts';
import { importContract } from './contract-import.ts';
import { keptContract } from './contract-kept.ts';
import { logsContract } from './contract-logs.ts';
import { looksContract } from './contract-looks.ts';
import { mailboxContract } from './contract-mailboxes.ts';
import { plansContract } from './contract-plans.ts';
import { noticesContract } from './contract-notices.ts';
import { programmeContract } from './contract-programme.ts';
import { publicContract } from './contract-public.ts';
import { secretsContract } from './contract-secrets.ts';
import { tailContract } from './contract-tail.ts';
import { waveContract } from './contract-waves.ts';

export const contract = {
  ...publicContract,
  ...estateContract,
  ...mailboxContract,
  ...datesContract,
  ...waveContract,
  ...looksContract,
  ...tailContract,
  ...filesContract,
  ...importContract,
  ...logsContract,
  ...keptContract,
  ...evidenceContract,
  ...auditContract,
  ...noticesContract,
  ...secretsContract,
  ...doctorContract,
  ...accessContract,
  ...eventsContract,
  ...programmeContract,
  ...plansContract,
} as const;

export type Contract = typeof contract;
export type OperationName = keyof Contract;
