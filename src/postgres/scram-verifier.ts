/** What PostgreSQL keeps of a password (RFC 5803, as its manual has it in §54.9): enough to check it, too little to use it. */

import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

const iterations = 4096;
const saltOctets = 16;

/** For `alter role … password`, so that the password itself is never told to the server or its log. */
export function scramVerifier(password: string, salt: Buffer = randomBytes(saltOctets)): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
