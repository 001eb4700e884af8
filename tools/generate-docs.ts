/**
 * Makes the pages that are read off the code.
 *
 *     node tools/generate-docs.ts           writes those that have changed
 *     node tools/generate-docs.ts --check   names those that are stale, and references that lead nowhere; exit 1 if any
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calendarPage, calendarSchema } from './calendar-pages.ts';
import { estatePage, estateSchema } from './estate-pages.ts';
import { faultPage } from './fault-page.ts';
import { picture, readSources } from './layers.ts';
import { root } from './project.ts';
import { deadReferences } from './references.ts';
import { rfcCoverage } from './rfc-index.ts';
import { rightsPage } from './rights-page.ts';
import { settingsPage } from './settings-page.ts';
import { buildSite } from './site.ts';
import { weatherPage, weatherSchema } from './weather-pages.ts';

const sources = readSources();
const pages: readonly { readonly path: string; readonly text: string }[] = [
  { path: 'docs/faults.md', text: faultPage() },
  { path: 'docs/rights.md', text: rightsPage() },
  { path: 'docs/settings.md', text: settingsPage() },
  { path: 'docs/godwit-yaml.md', text: estatePage() },
  { path: 'docs/godwit.schema.json', text: estateSchema() },
  { path: 'docs/calendar-yaml.md', text: calendarPage() },
  { path: 'docs/calendar.schema.json', text: calendarSchema() },
  { path: 'docs/weather-yaml.md', text: weatherPage() },
  { path: 'docs/weather.schema.json', text: weatherSchema() },
  { path: 'docs/rfc-coverage.md', text: rfcCoverage(sources) },
  { path: 'ARCHITECTURE.md', text: withPicture(present('ARCHITECTURE.md')) },
];

const checking = process.argv.includes('--check');
// Lines move with every edit; a page is stale when more than they has changed.
const stale = pages.filter(({ path, text }) =>
  checking ? withoutLines(present(path)) !== withoutLines(text) : present(path) !== text,
);
for (const { path, text } of stale) {
  if (!checking) writeFileSync(join(root, path), text);
  console.log(checking ? `${path} is stale: run npm run docs` : `${path} written`);
}
const dead = checking ? [...deadReferences(), ...buildSite().problems] : [];
for (const reference of dead) console.log(reference);
if (checking && stale.length + dead.length > 0) process.exitCode = 1;

function present(path: string): string {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '';
}

function withoutLines(page: string): string {
  return page.replaceAll(/(\.ts):\d+(?:, \d+)*/g, '$1');
}

/** ARCHITECTURE.md is written by hand but for the map, which stands between two marks. */
function withPicture(page: string): string {
  const map = `<!-- the map, drawn by npm run docs -->\n\n\`\`\`\n${picture(sources)}\n\`\`\`\n\n<!-- end of the map -->`;
  return page.replace(/<!-- the map[^>]*-->[\s\S]*<!-- end of the map -->/, () => map);
}
