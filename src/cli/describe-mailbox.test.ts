import { describe, expect, test } from 'vitest';
import type { MailboxDescription } from '#domain/description.ts';
import { faults } from '#domain/fault.ts';
import { account, ann, before, estate, minute, refused } from './describe.test-kit.ts';
import { play } from './made-up-world.ts';

describe('a mailbox that is described', () => {
  test('is on one screen: where it stands, what keeps it, what to do, and its log', async () => {
    const { code, stdout } = await play(['describe', 'mailbox', 'ann@x.example'], estate());
    expect(code).toBe(3);
    expect(stdout).toBe(`ann@x.example (Smith, Ann), person: blocked in following

organisation   W1, Ward, under RXY, Q1
also known as  a.smith@x.example
signs in as    asmith at the source
size           45.0 MB, 1,200 items
may switch     from 2024-06-01
stage          following since 2024-05-29T00:00Z (3 days ago)
blocked        target.quota, by worker 7, since 2024-05-31T23:50Z (10:00 min ago)
wave           pilot, running, 2024-06-01T19:00Z for 6:00:00 h
belongs with   desk@x.example
mail belongs   on the source
carried        1,195 messages, 45.0 MB in 7.2 s; of 1,200 on the source 1,190 copied, 8 there already, 2 refused
behind         0.9 s at the end of the last pass, 2024-05-31T23:30Z (30:00 min ago)
next           nothing by itself
ready          checked 2024-05-30T00:00Z (2 days ago): It needs 45 MB.
verified       2024-05-31T23:59Z (1:00 min ago): accepted
certified      2024-05-31T23:59Z (1:00 min ago): good
exceptions     1 open, 1 accepted by operator eve

Blocked for target.quota, 2024-05-31T23:50Z (10:00 min ago)
  new.example has no room.
  How far:    this mailbox; others go on.
  When again: when someone has put it right.
  What to do: ${faults['target.quota'].remedy}

Listed in Résumés
   9  refused  too-big  it has 80 MB  open
  11  refused  too-big  it has 80 MB  accepted by operator eve: not wanted

Log, the newest first
  2024-05-31T23:50:00Z  worker 7  blocked                        target.quota
  2024-05-29T00:00:00Z  worker 7  catch-up  copying → following
`);
  });

  test('that has switched tells since when, for how long its owner was interrupted, and what was carried home', async () => {
    const settled = {
      ...ann,
      stage: 'settled',
      marks: [],
      fault: null,
      side: 'target',
      turnedAt: before(5 * minute),
      dueAt: before(-20 * minute),
      account: { ...account, mark: null, interruptedMs: 1_200, together: { with: 2, of: 3 }, carriedBack: 4 },
    } as const;
    const { code, stdout } = await play(['describe', 'mailbox', 'ann@x.example'], estate(settled));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ann@x\.example \(Smith, Ann\), person: settled\n/);
    expect(stdout).toMatch(/^mail belongs +on the target since 2024-05-31T23:55Z \(5:00 min ago\)$/m);
    expect(stdout).toMatch(/^interrupted +1\.2 s at the switch$/m);
    const there = {
      at: '2024-05-31T23:55:00.000Z',
      side: 'target',
      ms: 2_400,
      by: 'attempts',
      stampsMs: 1_200,
      signInMs: 2_400,
      sessionMs: 1_100,
      deliveryMs: 0,
    } as const;
    const tried = await play(['describe', 'mailbox', 'ann@x.example'], estate({ ...settled, switches: [there] }));
    expect(tried.stdout).toMatch(
      /^interrupted +2\.4 s, by attempts \(sign-in 2\.4 s, delivery 0\.0 s, sessions 1\.1 s, from hold to turn 1\.2 s\), to the target at 2024-05-31T23:55Z$/m,
    );
    expect(stdout).toMatch(/^opened +apart: with 1 of the 2 it belongs with$/m);
    expect(stdout).toMatch(/^belongs with +desk@x\.example$/m);
    expect(stdout).toMatch(/; 4 home since the switch$/m);
    expect(stdout).toMatch(/^next +looked at again in 20:00 min$/m);
    expect(stdout).not.toContain('Blocked');
  });

  test('whose way home is not kept up tells since when, why and what to do, beside no fault that would block it', async () => {
    const since = before(90 * minute);
    const wayHomeLate = { since, code: 'target.quota', message: 'The mailbox at old.example is full: no room' };
    const late = { ...ann, stage: 'settled', marks: [], fault: null, wayHomeLate } as const;
    const told = { ...late, account: { ...account, mark: null, notTakenHome: 3 } };
    const { stdout } = await play(['describe', 'mailbox', 'ann@x.example'], estate(told));
    expect(stdout).toMatch(
      /^way home +not kept up since \S+ \(1:30:00 h ago\): The mailbox at old\.example is full: no room \(target\.quota\) What to do: Raise its quota .* 3 messages not taken at home\.$/m,
    );
    expect(stdout).not.toContain('Blocked');
  });

  test('that is tried again tells who has it in hand, how often it failed, and what it met last', async () => {
    const tried = {
      ...ann,
      marks: [],
      failures: 2,
      inHandOf: { worker: '3f2a9c10-0000', host: 'north', pid: 42 },
      fault: {
        ...(ann.fault as NonNullable<MailboxDescription['fault']>),
        code: 'of.tomorrow',
        remedy: null,
        isBlocking: false,
      },
    };
    const { stdout } = await play(['describe', 'mailbox', 'ann@x.example'], estate(tried));
    expect(stdout).toMatch(/^next +in hand of worker 3f2a9c1… on north \(42\); 2 passes failed one after the other$/m);
    expect(stdout).toMatch(/^The last fault that it met: of\.tomorrow/m);
    expect(stdout).toContain('This version of Godwit does not know this fault');
  });

  test('is a document for programs, with folders as people read them', async () => {
    const { stdout } = await play(['describe', 'mailbox', 'ann@x.example', '-o', 'json'], estate());
    const document = JSON.parse(stdout) as { readonly exceptions: readonly unknown[] };
    expect(document).toMatchObject({
      address: 'ann@x.example',
      fault: { retry: 'operator' },
      log: [{ who: 'worker 7' }, {}],
    });
    expect(document.exceptions[0]).toMatchObject({ folder: 'Résumés', uid: 9, accepted: null });
  });

  test('moves no cursor and hides no words, whatever servers and people wrote', async () => {
    const evil = '\u001b[2J\u202e\nx';
    const hostile: MailboxDescription = {
      ...ann,
      displayName: evil,
      aliases: [evil],
      organisation: { code: evil, name: evil, above: [evil] },
      marks: [{ mark: 'held', why: evil, who: evil, at: null }],
      fault: { ...(ann.fault as NonNullable<MailboxDescription['fault']>), code: evil, message: evil, remedy: null },
      exceptions: [{ ...refused, folder: evil, code: evil, detail: evil }],
      readiness: { at: before(1), found: [evil, { odd: evil }] },
      log: [{ at: before(1), who: evil, what: evil, stageBefore: null, stageAfter: null, why: evil, about: null }],
    };
    const { stdout } = await play(['describe', 'mailbox', 'ann@x.example'], estate(hostile));
    expect(stdout).not.toMatch(/[\u001b\u202e]/);
    expect(stdout.split('\n')).not.toContain('x');
  });

  test('that is not there is refused with the one that was probably meant', async () => {
    const { code, stderr } = await play(['describe', 'mailbox', 'anm@x.example'], estate());
    expect([code, stderr]).toEqual([
      2,
      'godwit: There is no mailbox anm@x.example in this estate; did you mean ann@x.example?\n',
    ]);
    expect((await play(['describe', 'mailbox', 'zoe@y'], estate())).stderr).toContain(
      'no mailbox zoe@y in this estate.\n',
    );
    expect((await play(['describe', 'mailboxes', 'ann@x.example'], estate())).stderr).toMatch(/did you mean mailbox\?/);
  });
});
