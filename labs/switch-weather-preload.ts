/**
 * Loaded by Node before `godwit serve` (`--import`): the switch that a mailbox takes is then one that can be killed at each of its
 * points (`switch-weather-switch.ts`). Nothing in the programme knows of it, so nothing there can be told to kill anything.
 */

import { registerHooks } from 'node:module';

const instead = new URL('./switch-weather-switch.ts', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const isTheirs = specifier === '#cutover/switch.ts' && context.parentURL?.endsWith('/src/operations/cross.ts');
    return next(isTheirs === true ? instead : specifier, context);
  },
});
