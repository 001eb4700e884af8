/** `godwit completion`: what a shell needs to finish what people type. */

import { buildCommand, buildRouteMap } from '@stricli/core';
import { completionHelp } from './completion-help.ts';
import type { Shell } from './completion-scripts.ts';
import type { Session } from './session.ts';

const script = (shell: Shell) =>
  buildCommand<object, [], Session>({
    loader: async () => {
      const { printScript } = await import('./completion.ts');
      return function (this: Session) {
        printScript(this, shell);
      };
    },
    parameters: {},
    docs: { brief: `Print the script for ${shell}`, fullDescription: completionHelp },
  });

export const completionCommands = buildRouteMap<Shell | 'words', Session>({
  routes: {
    bash: script('bash'),
    zsh: script('zsh'),
    fish: script('fish'),
    words: buildCommand<object, string[], Session>({
      loader: async () => (await import('./completion.ts')).proposeWords,
      parameters: {
        positional: { kind: 'array', parameter: { placeholder: 'WORD', brief: 'Typed so far', parse: String } },
      },
      docs: { brief: 'What may stand for the last of these words', fullDescription: completionHelp },
    }),
  },
  docs: {
    brief: 'Have a shell finish commands, names of waves and addresses',
    fullDescription: completionHelp,
    hideRoute: { words: true },
  },
});
