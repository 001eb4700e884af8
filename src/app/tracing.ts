/**
 * Loads what an operator has installed to receive traces: a module of theirs, which registers a provider of OpenTelemetry with its API. It may
 * give a function by default that is called at the end, to send what is left.
 */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Fault, fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import { type Traces, untraced } from '#ports/traces.ts';

/** To send what is left takes a moment; nobody is kept from ending for it. */
const shutdownMaxMs = 5_000;

export type Tracing = Traces & AsyncDisposable;

/** `file`: null for no traces. Throws `traces.unusable`. */
export async function openTracing(file: string | null, version: string, log: Log): Promise<Tracing> {
  if (file === null) return { ...untraced, async [Symbol.asyncDispose]() {} };
  const shutdown = await loaded(resolve(file));
  const { openTelemetryTraces } = await import('#connectors/opentelemetry/traces.ts');
  log.info('traces are told', { file });
  return {
    ...openTelemetryTraces(version),
    async [Symbol.asyncDispose]() {
      const late = AbortSignal.timeout(shutdownMaxMs);
      const over = new Promise<void>((done) => late.addEventListener('abort', () => done(), { once: true }));
      await Promise.race([Promise.resolve(shutdown?.()), over]).catch((error: unknown) =>
        log.warn('the last traces could not be sent', { text: wordsOf(error) }),
      );
    },
  };
}

async function loaded(path: string): Promise<(() => unknown) | null> {
  try {
    const module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
    const { trace, ProxyTracerProvider } = await import('@opentelemetry/api');
    const provider = trace.getTracerProvider();
    // The API's own stands in until somebody registers another.
    const isThere =
      !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== new ProxyTracerProvider().getDelegate();
    if (!isThere)
      throw fault('traces.unusable', {
        file: path,
        text: 'it registers no provider with an @opentelemetry/api that is as new as ours',
      });
    return typeof module.default === 'function' ? (module.default as () => unknown) : null;
  } catch (error) {
    throw error instanceof Fault
      ? error
      : fault('traces.unusable', { file: path, text: wordsOf(error) }, { cause: error });
  }
}

function wordsOf(error: unknown): string {
  return cleanText(error instanceof Error ? error.message : String(error), 300);
}
