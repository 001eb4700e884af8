/** What people have besides the verbs of a programme, by the API of a server instead of the database of the estate. */

import { ApiClient } from '#api/client.ts';
import type { DesksThere, ServerOptions } from '#cli/world.ts';
import { shownServerPlace } from '#domain/server-place.ts';
import { accessThere } from './access-there.ts';
import { importerThere } from './import-there.ts';
import { inspectionThere } from './inspection-there.ts';
import { doctorThere } from './doctor-there.ts';
import { applyingThere, planWorkThere } from './plan-there.ts';
import { rehearseThere } from './rehearse-there.ts';
import { noticesThere } from './notices-there.ts';
import { secretsThere } from './secrets-there.ts';
import { tailThere } from './tail-there.ts';

/** Nothing is asked before a verb asks it. Each desk has connections of its own, which end with it. */
export function openDesksThere({ place, bearer, ca, signal }: ServerOptions, version: string): DesksThere {
  const client = () => new ApiClient({ place, bearer, ca, version }, signal);
  return {
    access: () => accessThere(client()),
    tail: () => tailThere(client(), shownServerPlace(place)),
    notices: () => noticesThere(client()),
    inspection: () => inspectionThere(client()),
    secrets: () => secretsThere(client()),
    doctor: () => doctorThere(client()),
    planning: (calendar) => applyingThere(client(), shownServerPlace(place), calendar),
    planWork: (places) => planWorkThere(client(), shownServerPlace(place), places),
    rehearse: (options, watcher) => rehearseThere(client(), shownServerPlace(place), options, watcher),
    importer: () => importerThere(client(), shownServerPlace(place)),
  };
}
