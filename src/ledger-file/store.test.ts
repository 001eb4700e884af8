import * as fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { silent } from '#lib/log.ts';
import { openLedgerFile } from './index.ts';
import { ledgerContract } from './ledger-contract.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'godwit-ledger-'));
});
afterAll(() => rm(scratch, { recursive: true }));

ledgerContract('the file', async () => {
  const stateDir = fs.mkdtempSync(join(scratch, 'state-'));
  return { open: () => openLedgerFile(stateDir, { log: silent }) };
});
