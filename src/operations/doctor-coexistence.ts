/**
 * Proves the chain of coexistence end to end, with two test mailboxes of which one has moved: which doors there are, what those of this
 * machine answer, on which side a message of ours arrives, and which side a sign-in through the proxies reaches. Nothing is deleted and
 * nothing is changed anywhere; the messages stay where they arrived.
 */

import type { DoorKnown } from '#domain/door-known.ts';
import type { SideName } from '#domain/platform.ts';
import type { DoctorParts, DoorQuestion, Finding, Patient, PatientRoute } from './doctor-parts.ts';
import { delivered, type Home, signedIn, wordsOf } from './doctor-ways.ts';

/** Looks at everything, one after the other; what is wrong with one thing keeps no other from being looked at. */
export async function doctorCoexistence(parts: DoctorParts, signal: AbortSignal): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  parts.tell('the doors');
  findings.push(...registered(await parts.doors()));
  const there: Home[] = [];
  for (const patient of parts.patients) {
    const route = await parts.routeOf(patient.address);
    const problem = routeProblem(patient, route);
    if (problem) findings.push({ check: 'route', about: patient.address, state: 'wrong', ...problem });
    else if (route) {
      findings.push({
        check: 'route',
        about: patient.address,
        state: 'ok',
        says: `lives on the ${route.side}`,
        remedy: null,
      });
      there.push({ ...patient, ...route });
    }
  }
  for (const question of parts.questions) {
    for (const { address, side } of there) findings.push(...(await asked(question, address, side, signal)));
    findings.push(...(await asked(question, parts.nobody, null, signal)));
  }
  for (const patient of there) {
    const messageId = parts.messageId();
    const delivery = await delivered(patient, messageId, parts, signal);
    findings.push(delivery.finding);
    findings.push(await signedIn(patient, { messageId, arrived: delivery.arrived }, parts, signal));
  }
  return findings;
}

function registered(doors: readonly DoorKnown[]): readonly Finding[] {
  const check = 'registered';
  if (doors.length === 0) {
    const remedy = 'Start godwit coexist where Postfix and the proxies are (docs/coexistence.md).';
    return [{ check, about: 'doors', state: 'wrong', says: 'no door has registered with the database', remedy }];
  }
  return doors.map(({ id, host, pid, serves, isAlive, lostForMs }): Finding => {
    const about = `${host}, process ${pid}`;
    if (isAlive)
      return { check, about, state: 'ok', says: `serves ${serves.join(', ')}, its lease is alive`, remedy: null };
    const says = `has not been heard of for ${Math.round(lostForMs / 1000)} s`;
    const remedy = `Start it again, or stop it for good and say so: godwit coexist forget ${id.slice(0, 8)} --why …`;
    return { check, about, state: 'wrong', says, remedy };
  });
}

function routeProblem(
  { side: wanted }: Patient,
  route: PatientRoute | null,
): { readonly says: string; readonly remedy: string } | null {
  if (route === null)
    return {
      says: 'nobody of the estate has this address',
      remedy: 'Name a mailbox of the estate: godwit get mailboxes',
    };
  if (route.side !== wanted) {
    const says = `lives on the ${route.side}`;
    const which = wanted === 'target' ? 'one that has moved for --moved' : 'one that has not moved for --unmoved';
    return { says, remedy: `Name ${which}: godwit get mailboxes` };
  }
  if (route.standing !== 'open')
    return {
      says: `is about to change sides, or has just done so (${route.standing})`,
      remedy: 'Try it again when that is over, a minute and a half after the switch, or name another.',
    };
  return null;
}

async function asked(
  { door, question, expects, ask }: DoorQuestion,
  address: string,
  side: SideName | null,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const expected = expects(side);
  if (expected === null) return [];
  const common = { check: 'door', about: `${door}, ${question}` } as const;
  try {
    const answer = await ask(address, signal);
    if (answer === expected) return [{ ...common, state: 'ok', says: `${address}: ${answer}`, remedy: null }];
    const remedy = isLater(answer)
      ? 'The door is not certain of its routes: see that it reaches the database (/readyz of godwit coexist).'
      : 'See that who listens there was started with this godwit.yaml and this database, and start it anew.';
    return [{ ...common, state: 'wrong', says: `${address}: it answers "${answer}" and not "${expected}"`, remedy }];
  } catch (error) {
    signal.throwIfAborted();
    const remedy = 'See that godwit coexist, or godwit serve with these doors, runs on this machine.';
    return [{ ...common, state: 'wrong', says: `it cannot be asked: ${wordsOf(error)}`, remedy }];
  }
}

function isLater(answer: string): boolean {
  return /^TEMP\b|^F|UNAVAILABLE|^503\b/.test(answer);
}
