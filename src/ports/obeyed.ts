/**
 * What was ordered under which Idempotency-Key, so that an order that is sent twice is obeyed once. Kept for a day. Neither key nor
 * order is kept, but digests of them.
 */

export interface OrderSent {
  /** Of who sends it and of the key. */
  readonly key: Uint8Array;
  /** Of what is ordered, under the key. */
  readonly order: Uint8Array;
}

export type OrderBegun =
  | { readonly kind: 'begun' }
  /** It was done. `answer`: as it was told; null where it was too long to be kept, or is told once only. */
  | { readonly kind: 'done'; readonly status: number; readonly answer: string | null }
  /** Something else was sent under this key. */
  | { readonly kind: 'other-order' }
  /** It is being done, or nobody heard how it ended. */
  | { readonly kind: 'under-way' };

export interface Obeyed {
  /** Of several who begin the same at one moment one has begun it. */
  begin(sent: OrderSent): Promise<OrderBegun>;
  settle(key: Uint8Array, status: number, answer: string | null): Promise<void>;
  /** It came to nothing, and may be sent again. */
  forget(key: Uint8Array): Promise<void>;
}
