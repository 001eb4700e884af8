/** The settings that a process at work goes by: those that the control plane published, waited for where it has not yet. */

import { fault } from '#domain/fault.ts';
import { realClock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { type ProgrammeSettings, settingsForm } from '#ports/programme.ts';
import type { Vitals } from '#worker/vitals.ts';
import type { SettingsToWorkBy, WorkshopOptions } from './workshop.ts';

const askAgainMs = 2_000;

/** Throws `settings.other-form`, or the reason of the signal. */
export function publishedSettings(programme: ProgrammeSettings, vitals: Vitals, log: Log): WorkshopOptions['settings'] {
  let told = 0;
  return async (stop): Promise<SettingsToWorkBy> => {
    for (let isFirst = true; ; isFirst = false) {
      stop.throwIfAborted();
      const published = await programme.current();
      switch (published.kind) {
        case 'settings':
          if (published.revision !== told)
            log.info('working by the settings of the estate', {
              revision: published.revision,
              host: published.host,
              file: published.settings.file,
            });
          told = published.revision;
          return published;
        case 'other-form':
          throw fault('settings.other-form', { ...published, ours: settingsForm });
        case 'none':
          if (isFirst) log.warn('no godwit serve has published settings yet; waiting for one');
          vitals.waitsFor('no godwit serve has published settings yet');
          await realClock.sleep(askAgainMs, stop);
      }
    }
  };
}
