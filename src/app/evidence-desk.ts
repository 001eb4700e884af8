/** Certificates as the API makes them: by the keys of the machine that answers, and connections within the budgets of both platforms. */

import { realClock } from '#lib/clock.ts';
import type { EvidenceDesk } from '#api/estate.ts';
import { certifyWave } from '#operations/certify-wave.ts';
import { makeCertificates } from '#operations/make-certificates.ts';
import { openEvidence } from '#store/evidence.ts';
import { digestKeyOf } from '#store/ledger.ts';
import { noteDigestKeys } from '#store/evidence-view.ts';
import { openLooks } from '#store/looks.ts';
import { digestKeysIn } from './evidence.ts';
import type { LooksParts } from './inspection.ts';
import { Onlooker } from './onlooker.ts';
import { rootKeyOf } from './root-key.ts';
import { rotateSigningKey, signingKeyOf } from './signing-key.ts';

export interface EvidenceDeskParts extends LooksParts {
  readonly stateDir: string;
}

export function evidenceDeskOn(parts: EvidenceDeskParts): EvidenceDesk {
  const { db, stateDir, keys, settings, version, log } = parts;
  const evidence = openEvidence(db);
  const rootKey = () => rootKeyOf({ db, stateDir, keys, mayMake: false, log });
  const signing = (who: string) => ({ db, stateDir, keys, who, log });
  return {
    async digestKeys(members, who) {
      const given = digestKeysIn(await rootKey(), members);
      await noteDigestKeys(db, members, who);
      return given;
    },
    rotate: async (who) => (await rotateSigningKey(signing(who))).id,
    async *make(order, who, over) {
      await using onlooker = new Onlooker(parts);
      const root = await rootKey();
      const { atOnce, selection } = settings;
      yield* makeCertificates(
        {
          ...order,
          atOnce,
          selection,
          evidence,
          version,
          log,
          // A list of elements goes into a folder, and nobody here has one.
          files: null,
          withElements: false,
          key: await signingKeyOf(signing(who)),
          digestKeyOf: (mailbox) => digestKeyOf(root, mailbox),
          lookAt: onlooker.lookAt,
          looks: openLooks(db),
          watcher: { begins: () => unwatched },
          clock: realClock,
        },
        over,
      );
    },
    close: async (order, who) =>
      certifyWave({ ...order, evidence, key: await signingKeyOf(signing(who)), version, who, now: () => Date.now() }),
  };
}

/** Each is told when it has been made. */
const unwatched = { planned() {}, progress() {}, folder() {}, ended() {} };
