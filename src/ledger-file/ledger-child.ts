/**
 * A process for the tests to kill, starve and race: `node ledger-child.ts write|note|hold|key STATE_DIR USER`. It says on
 * stdout, one line each, what has become durable or was noted.
 */

import { Fault } from '#domain/fault.ts';
import { silent } from '#lib/log.ts';
import { openLedgerFile } from './index.ts';
import { intent } from './ledger-samples.ts';

const [mode, stateDir = '', user = ''] = process.argv.slice(2);

try {
  const store = await openLedgerFile(stateDir, { log: silent });
  const ledger = await store.claim({ source: `imaps://${user}@old.example`, target: `imaps://${user}@new.example` });
  if (mode === 'key') {
    say(`key ${Buffer.from(ledger.digestKey).toString('hex')}`);
    await store[Symbol.asyncDispose]();
  } else if (mode === 'hold') {
    say('holding');
    setInterval(() => {}, 1000);
  } else {
    const other = await store.claim({ source: 'imaps://other@old.example', target: 'imaps://other@new.example' });
    try {
      for (let id = 1; ; id++) {
        const changes = [{ kind: 'intent', intent: intent(id) }] as const;
        if (mode === 'note') await ledger.note(changes);
        else await ledger.write(changes);
        say(`${mode === 'note' ? 'noted' : 'durable'} ${id}`);
      }
    } catch (error) {
      say(`fault ${codeOf(error)}`);
      await other.write([{ kind: 'settled', intent: 1 }]);
      say('the other mailbox wrote on');
    }
  }
} catch (error) {
  say(`fault ${codeOf(error)}`);
}

function codeOf(error: unknown): string {
  const code: string = error instanceof Fault ? error.code : String(error);
  return code;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
