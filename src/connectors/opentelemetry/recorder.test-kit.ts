/** A provider of OpenTelemetry that keeps every span in memory: what an SDK would send. Written against the API and nothing else. */

import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';

export interface Recorded {
  readonly name: string;
  readonly parent: string | null;
  readonly attributes: Attributes;
  readonly isError: boolean;
  readonly events: number;
}

class KeptSpan implements Span {
  readonly id: string;
  readonly parent: string | null;
  attributes: Attributes;
  name: string;
  isError = false;
  events = 0;
  readonly #ended: (span: KeptSpan) => void;

  constructor(id: string, name: string, options: SpanOptions, parent: string | null, ended: (span: KeptSpan) => void) {
    [this.id, this.name, this.parent, this.#ended] = [id, name, parent, ended];
    this.attributes = { ...options.attributes };
  }
  spanContext(): SpanContext {
    return { traceId: '1'.padStart(32, '0'), spanId: this.id, traceFlags: 1 };
  }
  setAttribute(key: string, value: never): this {
    this.attributes[key] = value;
    return this;
  }
  setAttributes(attributes: Attributes): this {
    Object.assign(this.attributes, attributes);
    return this;
  }
  addEvent(): this {
    this.events++;
    return this;
  }
  addLink(): this {
    return this;
  }
  addLinks(): this {
    return this;
  }
  setStatus({ code }: { readonly code: SpanStatusCode }): this {
    this.isError = code === SpanStatusCode.ERROR;
    return this;
  }
  updateName(name: string): this {
    this.name = name;
    return this;
  }
  end(): void {
    this.#ended(this);
  }
  isRecording(): boolean {
    return true;
  }
  recordException(): void {
    this.events++;
  }
}

/** Registered until it is disposed of; `spans` in the order in which they ended. */
export function recordSpans(): Disposable & { readonly spans: () => readonly Recorded[] } {
  const ended: KeptSpan[] = [];
  const names = new Map<string, string>();
  let made = 0;
  const startSpan = (name: string, options: SpanOptions = {}, around: Context = context.active()): Span => {
    const id = String(++made).padStart(16, '0');
    names.set(id, name);
    return new KeptSpan(id, name, options, trace.getSpanContext(around)?.spanId ?? null, (span) => ended.push(span));
  };
  const tracer = {
    startSpan,
    startActiveSpan(name: string, options: SpanOptions, work: (span: Span) => unknown) {
      const span = startSpan(name, options);
      return context.with(trace.setSpan(context.active(), span), () => work(span));
    },
  } as unknown as Tracer;
  const store = new AsyncLocalStorage<Context>();
  context.setGlobalContextManager({
    active: () => store.getStore() ?? ROOT_CONTEXT,
    with: (within, work, self, ...given) => store.run(within, () => work.call(self as never, ...given)),
    bind: (_, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  // The one header of W3C Trace Context, as an SDK reads it.
  propagation.setGlobalPropagator({
    inject: () => undefined,
    extract(within, carrier: { readonly traceparent?: string }) {
      const [, traceId, spanId] = carrier.traceparent?.split('-') ?? [];
      return traceId && spanId
        ? trace.setSpanContext(within, { traceId, spanId, traceFlags: 1, isRemote: true })
        : within;
    },
    fields: () => ['traceparent'],
  });
  trace.setGlobalTracerProvider({ getTracer: () => tracer });
  return {
    spans: () =>
      ended.map(({ name, parent, attributes, isError, events }) => ({
        name,
        parent: parent === null ? null : (names.get(parent) ?? parent),
        attributes,
        isError,
        events,
      })),
    [Symbol.dispose]() {
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}
