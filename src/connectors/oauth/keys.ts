/**
 * Private keys that sign for an application or a service account. What is kept is a handle that cannot be exported
 * again, so no key can find its way into a log.
 */

import { createHash, createPrivateKey, type KeyObject, type webcrypto, X509Certificate } from 'node:crypto';
import type { Secret } from './secret.ts';

/** Signs assertions; the key stays inside. */
export interface Signer {
  readonly algorithm: 'PS256' | 'RS256';
  readonly key: webcrypto.CryptoKey;
  /** The key's name at the issuer, if it has one. */
  readonly keyId: string | null;
}

/** A key with the certificate by which Entra ID finds it (RFC 7515 §4.1.7 and §4.1.8). */
export interface CertifiedKey extends Signer {
  /** Base64url of the certificate's SHA-1 and SHA-256. */
  readonly x5t: string;
  readonly x5tS256: string;
}

type Flaw = (detail: string) => Error;

/** The key of an application, checked against its certificate. Both are PEM. */
export function certifiedKey(
  certificatePem: string,
  keyPem: Secret,
  passphrase: Secret | null,
  algorithm: 'PS256' | 'RS256',
  flaw: Flaw,
): CertifiedKey {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certificatePem);
  } catch {
    throw flaw('"certificate" is not a certificate in PEM.');
  }
  const key = privateKey(keyPem.reveal(), passphrase, '"private_key"', flaw);
  if (!certificate.checkPrivateKey(key)) throw flaw('"private_key" is not the key of "certificate".');
  if (certificate.validToDate.getTime() < Date.now()) throw flaw(`"certificate" has expired (${certificate.validTo}).`);
  const print = (hash: 'sha1' | 'sha256'): string => createHash(hash).update(certificate.raw).digest('base64url');
  return { algorithm, key: signingKey(key, algorithm), keyId: null, x5t: print('sha1'), x5tS256: print('sha256') };
}

/** The key of a service account, which signs with RS256. */
export function serviceAccountSigner(keyPem: string, keyId: string | null, flaw: Flaw): Signer {
  const key = privateKey(keyPem, null, 'the private key of the service account', flaw);
  return { algorithm: 'RS256', key: signingKey(key, 'RS256'), keyId };
}

function privateKey(pem: string, passphrase: Secret | null, what: string, flaw: Flaw): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(passphrase ? { key: pem, passphrase: passphrase.reveal() } : pem);
  } catch {
    // OpenSSL's words say little to people and could quote what it was given.
    throw flaw(
      `${what} is not a private key in PEM, or ${passphrase ? 'the passphrase is not its own' : 'it has a passphrase'}.`,
    );
  }
  if (key.asymmetricKeyType !== 'rsa') throw flaw(`${what} must be an RSA key.`);
  return key;
}

function signingKey(key: KeyObject, algorithm: 'PS256' | 'RS256'): webcrypto.CryptoKey {
  const name = algorithm === 'PS256' ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5';
  return key.toCryptoKey({ name, hash: 'SHA-256' }, false, ['sign']);
}
