/**
 * Certificates for the labs, made afresh each time and never kept: an authority of our own and what it signs, or what
 * it should not have signed. A certificate is written as DER by hand (RFC 5280 §4.1), so that no tool needs to be there.
 */

import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export interface Pem {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateWishes {
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** A pair of the caller's, for instance RSA; else P-256. */
  readonly keys?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
}

const day = 86_400_000;

/** A throw-away authority. */
export class Authority {
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #name = `Godwit lab authority ${randomBytes(4).toString('hex')}`;
  /** PEM, for `--ca`. */
  readonly certificate: string;

  constructor() {
    this.certificate = pem(
      'CERTIFICATE',
      write({
        subject: this.#name,
        issuer: this.#name,
        publicKey: this.#keys.publicKey,
        signer: this.#keys.privateKey,
        authority: true,
        names: [],
        addresses: [],
        notBefore: new Date(Date.now() - day),
        notAfter: new Date(Date.now() + 30 * day),
      }),
    );
  }

  /** A certificate for a server, by default good for localhost and 127.0.0.1 from yesterday on. */
  issue(wishes: CertificateWishes = {}): Pem {
    return leaf(this.#name, this.#keys.privateKey, wishes);
  }

  good(): Pem {
    return this.issue();
  }

  expired(): Pem {
    return this.issue({ notBefore: new Date(Date.now() - 20 * day), notAfter: new Date(Date.now() - 10 * day) });
  }

  wrongHost(): Pem {
    return this.issue({ names: ['somewhere-else.example'], addresses: [] });
  }
}

/** Signed by nobody but itself. */
export function selfSigned(): Pem {
  return leaf(null, null, {});
}

function leaf(issuer: string | null, signer: KeyObject | null, wishes: CertificateWishes): Pem {
  const keys = wishes.keys ?? generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const names = wishes.names ?? ['localhost'];
  const subject = names[0] ?? 'lab';
  const der = write({
    subject,
    issuer: issuer ?? subject,
    publicKey: keys.publicKey,
    signer: signer ?? keys.privateKey,
    authority: false,
    names,
    addresses: wishes.addresses ?? ['127.0.0.1'],
    notBefore: wishes.notBefore ?? new Date(Date.now() - day),
    notAfter: wishes.notAfter ?? new Date(Date.now() + 30 * day),
  });
  return {
    certificate: pem('CERTIFICATE', der),
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

interface Fields {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly authority: boolean;
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const ecdsaWithSha256 = tlv(0x30, oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

/** `Certificate` (RFC 5280 §4.1), version 3. */
function write(fields: Fields): Buffer {
  // The top bit of a serial number must be clear and it must not be zero (RFC 5280 §4.1.2.2).
  const serial = randomBytes(8);
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  const body = tlv(
    0x30,
    tlv(0xa0, tlv(0x02, Buffer.of(2))),
    tlv(0x02, serial),
    ecdsaWithSha256,
    commonName(fields.issuer),
    tlv(0x30, time(fields.notBefore), time(fields.notAfter)),
    commonName(fields.subject),
    fields.publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, tlv(0x30, ...extensions(fields))),
  );
  return tlv(0x30, body, ecdsaWithSha256, tlv(0x03, Buffer.of(0), sign('sha256', body, fields.signer)));
}

function extensions(fields: Fields): readonly Buffer[] {
  const yes = tlv(0x01, Buffer.of(0xff));
  if (fields.authority) return [tlv(0x30, oid(0x55, 0x1d, 0x13), yes, tlv(0x04, tlv(0x30, yes)))];
  const alternatives = [
    ...fields.names.map((name) => tlv(0x82, Buffer.from(name, 'latin1'))),
    ...fields.addresses.map((address) => tlv(0x87, Buffer.from(address.split('.').map(Number)))),
  ];
  return [tlv(0x30, oid(0x55, 0x1d, 0x11), tlv(0x04, tlv(0x30, ...alternatives)))];
}

function commonName(name: string): Buffer {
  return tlv(0x30, tlv(0x31, tlv(0x30, oid(0x55, 0x04, 0x03), tlv(0x0c, Buffer.from(name)))));
}

/** UTCTime, right until 2049 (RFC 5280 §4.1.2.5.1). */
function time(at: Date): Buffer {
  return tlv(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`));
}

function oid(...octets: readonly number[]): Buffer {
  return tlv(0x06, Buffer.from(octets));
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts);
  const length =
    value.length < 0x80
      ? [value.length]
      : value.length < 0x100
        ? [0x81, value.length]
        : [0x82, value.length >> 8, value.length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), value]);
}

function pem(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der
    .toString('base64')
    .replaceAll(/(.{64})/g, '$1\n')
    .trimEnd()}\n-----END ${label}-----\n`;
}
