/** `godwit doctor estate` by the API of a server: everything is looked at from where that is. */

import type { ApiClient } from '#api/client.ts';
import type { DoctorThere } from '#cli/world.ts';
import type { Diagnosis } from '#domain/diagnosis.ts';
import { was } from './outcomes-there.ts';

export function doctorThere(client: ApiClient): DoctorThere {
  return {
    examine: async () => was<readonly Diagnosis[]>((await client.ask('examine-estate')).findings),
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}
