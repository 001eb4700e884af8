/** What `godwit certificate --help` and `godwit evidence --help` teach. */

export const certificateKeyHelp = `Certificates are signed with Ed25519. The key is made when something is signed for the first time; its private half is sealed
under GODWIT_KEY, or lies in the state folder where there is none. Give the public halves to whoever is to check: by a way that nobody
can change who could change a certificate. Old ones are kept, and what they signed stays valid.

EXAMPLES
  godwit certificate key list                           which key signs, and which did before
  godwit certificate key export --out keys.json         all public halves, as a JWK Set (RFC 7517)
  godwit certificate key rotate                         another one signs from now on; the old private half is removed

EXIT CODES  0 done; 2 wrong usage, or the key is not to be had here; 5 the database is away; 1 a fault of ours.`;
