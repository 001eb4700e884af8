/** What came over the wire as our values again: moments that are `Date` here are `Date` again, where the shape says so. */

import type { TSchema } from 'typebox';

/** Shapes as the contract has them: objects, arrays, maps, and unions of those. */
interface Shape {
  readonly format?: string;
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, TSchema>>;
  readonly items?: TSchema;
  readonly anyOf?: readonly TSchema[];
}

/** `value` fits `schema`. */
export function revive(schema: TSchema, value: unknown): unknown {
  const shape = schema as Shape;
  if (shape.anyOf) return reviveAny(shape.anyOf, value);
  if (typeof value === 'string') return shape.format === 'date-time' ? new Date(value) : value;
  if (Array.isArray(value)) return shape.items ? value.map((each) => revive(shape.items as TSchema, each)) : value;
  if (typeof value !== 'object' || value === null) return value;
  const [others] = Object.values(shape.patternProperties ?? {});
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const its = shape.properties?.[key] ?? others;
      return [key, its ? revive(its, each) : each];
    }),
  );
}

/** Of a union the one that has these fields. */
function reviveAny(schemas: readonly TSchema[], value: unknown): unknown {
  if (value === null) return null;
  const meant = schemas.find((each) => isLike(each, value));
  return meant ? revive(meant, value) : value;
}

function isLike(schema: TSchema, value: unknown): boolean {
  const { anyOf, properties, required = [], items, format } = schema as Shape;
  if (anyOf) return anyOf.some((each) => isLike(each, value));
  if (typeof value === 'string') return format === 'date-time';
  if (Array.isArray(value)) return items !== undefined;
  return properties !== undefined && required.every((key) => Object.hasOwn(value as object, key));
}
