/**
 * Joins spans to the API of OpenTelemetry. Where they go, and whether anywhere, is the business of the SDK that an operator installs
 * (docs/traces.md): without one all of this does nothing.
 */

import { type Attributes, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { Fault } from '#domain/fault.ts';
import type { OpenSpan, SpanAbout, SpanName, SpanOutcome, Traces } from '#ports/traces.ts';

export function openTelemetryTraces(version: string): Traces {
  const tracer = trace.getTracer('godwit', version);
  return {
    within: (name, about, work) =>
      tracer.startActiveSpan(shown(name), { attributes: attributesOf(about) }, async (span) => {
        const open = opened(span);
        try {
          const done = await work(open);
          open.end();
          return done;
        } catch (error) {
          open.end(error instanceof Fault ? error.code : 'error');
          throw error;
        }
      }),
    begin(name, about, carrier) {
      const around = carrier ? propagation.extract(context.active(), carrier) : context.active();
      const kind = name === 'http' ? SpanKind.SERVER : SpanKind.INTERNAL;
      return opened(tracer.startSpan(shown(name), { kind, attributes: attributesOf(about) }, around));
    },
  };
}

/** What an error says may name people; its code does not. So no exception is recorded. */
function opened(span: Span): OpenSpan {
  let hasEnded = false;
  return {
    add(about) {
      span.setAttributes(attributesOf(about));
    },
    end(failed) {
      if (hasEnded) return;
      hasEnded = true;
      if (failed !== undefined)
        span.setAttributes({ 'godwit.outcome': failed }).setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

function shown(name: SpanName): string {
  return name === 'http' ? 'http.server' : `godwit.${name}`;
}

/** OpenTelemetry's names where it has some (its conventions for HTTP), else our own. */
const names: Readonly<Record<keyof SpanAbout, string>> = {
  mailbox: 'godwit.mailbox.id',
  work: 'godwit.work',
  direction: 'godwit.direction',
  to: 'godwit.to',
  messages: 'godwit.messages',
  bytes: 'godwit.bytes',
  interruptedMs: 'godwit.interrupted_ms',
  outcome: 'godwit.outcome',
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
};

function attributesOf(about: SpanAbout): Attributes {
  const entries = Object.entries(about) as [keyof SpanAbout, SpanOutcome | number | undefined][];
  return Object.fromEntries(entries.flatMap(([key, value]) => (value === undefined ? [] : [[names[key], value]])));
}
