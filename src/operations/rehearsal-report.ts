/** The report of a rehearsal as files in a folder: one page for people, and each chart by itself. */

import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '#domain/fault.ts';
import { chartsOf } from '#rehearsal/charts.ts';
import { type RehearsalReport, reportPage } from '#rehearsal/report-page.ts';
import { standing } from '#rehearsal/svg.ts';

/** Writes them and answers with their paths, the page first. Throws `rehearsal.unwritable`. */
export async function writeReport(folder: string, report: RehearsalReport): Promise<readonly string[]> {
  const files = [
    { path: join(folder, 'rehearsal.html'), text: reportPage(report) },
    ...chartsOf(report.runs, report.timezone).map((chart) => ({
      path: join(folder, `${chart.name}.svg`),
      text: standing(chart),
    })),
  ];
  try {
    await mkdir(folder, { recursive: true });
    for (const { path, text } of files) await writeWhole(path, text);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw fault('rehearsal.unwritable', { folder, text }, { cause: error });
  }
  return files.map(({ path }) => path);
}

/** Nobody finds half of one where there was a whole one. */
async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.part`;
  await writeFile(draft, text);
  await rename(draft, path);
}
