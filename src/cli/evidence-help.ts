/** What `godwit certificate --help` and `godwit evidence --help` teach. */

export const certificateKeyHelp = `Certificates are signed with Ed25519. The key is made when something is signed for the first time; its private half is sealed
under GODWIT_KEY, or lies in the state folder where there is none. Give the public halves to whoever is to check: by a way that nobody
can change who could change a certificate. Old ones are kept, and what they signed stays valid.

EXAMPLES
  godwit certificate key list                           which key signs, and which did before
  godwit certificate key export --out keys.json         all public halves, as a JWK Set (RFC 7517)
  godwit certificate key rotate                         another one signs from now on; the old private half is removed

EXIT CODES  0 done; 2 wrong usage, or the key is not to be had here; 5 the database is away; 1 a fault of ours.`;

export const certificateHelp = `A certificate says of a mailbox what was there, what arrived, digests over both, every exception and who accepted it, how long its
switch took, and who ordered what: signed, so that somebody who trusts nobody can check it (docs/evidence.md). Making one reads both sides
in full, as godwit verify --wave does. Stopped, it goes on where it was; when the whole wave has been read, the root over all its
certificates is signed and stamped into the audit log, and from then on none can be changed, removed or added unseen.

EXAMPLES
  godwit certificate make --wave pilot --out evidence     one file for each mailbox, and wave-pilot.json
  godwit certificate make --mailbox ann@corp.example      one; the next root of its wave covers it
  godwit certificate make --wave pilot --server URL       read and signed by that server, without lists of elements
  godwit certificate digest-keys --wave pilot --out keys  for who checks contents: one key for each mailbox

EXIT CODES  0 everybody is perfect or good; 3 somebody is not, or has no certificate; 4 a server cannot be reached; 5 interrupted, safe to
run again; 2 wrong usage; 1 a fault of ours.`;

export const certificateCheckHelp = `Needs no database, no estate and no word of ours: the file, the public keys, and for contents the digest key of that mailbox and a
sign-in that may read. Each thing that is not as it was certified is named: a changed file, a message that was changed, removed or added.
docs/evidence-format.md describes the format; docs/check-certificate.mjs does the same without Godwit.

EXAMPLES
  godwit certificate check ann@corp.example.json --public-key keys.json
  godwit certificate check ann@corp.example.json --public-key keys.json --live \\
    --against imaps://ann@mail.example --secret file:password --digest-key file:ann@corp.example.digest-key
  godwit certificate check ann@corp.example.json --public-key keys.json --wave-file wave-pilot.json --proof ann@corp.example.proof.json

EXIT CODES  0 all that was checked is as certified; 3 something is not; 4 the mailbox cannot be reached; 2 wrong usage; 5 interrupted;
1 a fault of ours.`;

export const evidenceHelp = `What a local administrator takes away: the certificates of their own mailboxes that the root of a wave covers, the proofs that it
does, the certificates of these waves, the public keys, two tables for a spreadsheet, and a README that says how to check all of it.

EXAMPLES
  godwit evidence export --organisation RXY --out bundle
  godwit evidence export --organisation RXY --out bundle --with-digest-keys    for who is to check contents, too
  godwit evidence export --organisation RXY --out bundle --server URL --token file:token    from any machine

EXIT CODES  0 done; 2 wrong usage; 5 the database is away, or interrupted; 1 a fault of ours.`;
