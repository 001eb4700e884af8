#!/usr/bin/env node
// Checks a certificate of Godwit, written from docs/evidence-format.md alone. Needs Node 20 or newer and nothing else. It reads, and
// changes nothing anywhere. Exit code 0: all is as certified; 1: something is not, and is named; 2: it could not be checked.
//
//   node check-certificate.mjs ann@corp.example.json --public-key keys.json
//        [--elements ann@corp.example.elements] [--wave wave-pilot.json --proof ann@corp.example.proof.json]
//        [--against imaps://ann@mail.example --digest-key ann@corp.example.digest-key --password-env NAME [--ca FILE] [--live]]
//
// --live: mail that came since is told, and is no difference.
import { createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { parseArgs } from 'node:util';

const problems = [];
const wrong = (text) => problems.push(text);
const fail = (text) => {
  throw new Error(text);
};
// What a server or a file says is shown without anything that moves a cursor.
const clean = (text) =>
  String(text)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd')
    .slice(0, 300);
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const hex = (octets) => octets.toString('hex');

/** RFC 8785: ECMAScript writes numbers and strings as it wants them, and sorts names by UTF-16 units. */
function canonical(value) {
  if (typeof value === 'string' && !value.isWellFormed()) fail('half a character');
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${canonical(name)}:${canonical(value[name])}`).join(',')}}`;
}

/** Section 2: the document in a signed file, or null where it cannot be read. */
function signedDocument(path, keys, type) {
  const octets = readFileSync(path);
  let envelope;
  try {
    envelope = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets));
  } catch (error) {
    wrong(`${path}: changed, it is no JSON any more: ${clean(error.message)}`);
    return null;
  }
  const expected = Buffer.from(`${canonical(envelope)}\n`);
  const at = octets.findIndex((octet, i) => octet !== expected[i]);
  if (!octets.equals(expected)) wrong(`${path}: changed, not canonical from octet ${at < 0 ? octets.length : at} on`);
  const { certificate, protected: header, signature } = envelope ?? {};
  if (certificate?.type !== type || certificate.version !== 1) fail(`${path} is no ${type} of version 1`);
  const { alg, typ, kid } = headerOf(header);
  const key = keys.find(({ id }) => id === kid);
  const input = `${header}.${Buffer.from(canonical(certificate)).toString('base64url')}`;
  const octetsSigned = Buffer.from(String(signature), 'base64url');
  const isOneForm = octetsSigned.toString('base64url') === signature; // readers of base64url pass over much
  const isGood = () => isOneForm && verify(null, Buffer.from(input), key.key, octetsSigned);
  if (alg !== 'EdDSA' || typ !== 'godwit+json') wrong(`${path}: changed, its signature is of another kind`);
  else if (!key) wrong(`${path}: signed with the key ${clean(kid)}, which was not given, or changed`);
  else if (!isGood()) wrong(`${path}: changed since it was signed`);
  else console.log(`${path}: signed with ${key.id}`);
  return certificate;
}

function headerOf(text) {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) ?? {};
  } catch {
    return {};
  }
}

function publicKeys(path) {
  const document = JSON.parse(readFileSync(path, 'utf8'));
  const keys = (document.keys ?? [document]).filter(({ kty, crv }) => kty === 'OKP' && crv === 'Ed25519');
  return keys.map(({ crv, kty, x }) => {
    const id = sha256(canonical({ crv, kty, x })).toString('base64url'); // RFC 7638
    return { id, key: createPublicKey({ key: { crv, kty, x }, format: 'jwk' }) };
  });
}

// Section 4.
const leafOf = (entry) => sha256(Buffer.of(0), canonical(entry));
const node = (left, right) => sha256(Buffer.of(1), left, right);
function treeRoot(leaves) {
  if (leaves.length < 2) return leaves[0] ?? sha256();
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return node(treeRoot(leaves.slice(0, k)), treeRoot(leaves.slice(k)));
}
const octetsOf = ({ element }) => Buffer.from(element, 'hex');
const digestOf = (messages) => hex(sha256(Buffer.concat(messages.map(octetsOf).sort(Buffer.compare))));

/** Section 6, RFC 9162 §2.1.3.2. */
function isIncluded(leaf, { index, size, path }, root) {
  let [fn, sn, r] = [index, size - 1, leaf];
  if (!(index >= 0 && index < size)) return false;
  for (const p of path.map((each) => Buffer.from(each, 'hex'))) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = node(p, r);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else r = node(r, p);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && hex(r) === root;
}

/** Section 5: the messages of each folder as the list has them; of those folders only that fit the certificate. */
function elementLists(path, { id, elementList, folders }) {
  const lists = new Map();
  if (!path || !elementList) return lists;
  const octets = readFileSync(path);
  if (hex(sha256(octets)) !== elementList.sha256) wrong(`${path}: not the list of this certificate, or changed`);
  let list = [];
  for (const line of octets
    .toString('latin1')
    .split('\n')
    .slice(octets.indexOf(id) < 0 ? Infinity : 1)) {
    const [, uid, size, date, element] = /^(\d+) (\d+) (-|-?\d+) ([0-9a-f]{64})$/.exec(line) ?? [];
    if (element) list.push({ uid: Number(uid), octets: Number(size), date, element });
    else if (line.startsWith('folder "')) lists.set(JSON.parse(line.slice(7)), (list = []));
  }
  for (const { target } of folders) {
    if (digestOf(lists.get(target.name) ?? []) === target.elements) continue;
    wrong(`${path}: its lines for ${clean(target.path.join('/'))} do not fit the certificate`);
    lists.delete(target.name);
  }
  return lists;
}

/** A few words of IMAP (RFC 3501) over TLS. Only EXAMINE and BODY.PEEK[]: nothing is changed there. */
class Imap {
  #buffer = Buffer.alloc(0);
  #tags = 0;
  constructor(options) {
    this.socket = connect(options);
    this.chunks = this.socket[Symbol.asyncIterator]();
  }
  async more() {
    const { value, done } = await this.chunks.next();
    return done ? fail('the server closed the connection') : value;
  }
  async line() {
    let end;
    while ((end = this.#buffer.indexOf('\r\n')) < 0) {
      if (this.#buffer.length > 1_000_000) fail('the server sends a line without end');
      this.#buffer = Buffer.concat([this.#buffer, await this.more()]);
    }
    const line = this.#buffer.toString('latin1', 0, end);
    this.#buffer = this.#buffer.subarray(end + 2);
    return line;
  }
  /** The SHA-256 of a literal, however long it is. */
  async literal(octets) {
    const hash = createHash('sha256');
    for (let left = octets; left > 0; ) {
      if (this.#buffer.length === 0) this.#buffer = await this.more();
      const part = this.#buffer.subarray(0, left);
      hash.update(part);
      this.#buffer = this.#buffer.subarray(part.length);
      left -= part.length;
    }
    return { sha256: hash.digest(), octets };
  }
  /** Says a command and hands on each answer with its first literal; the last line, without its tag. */
  async command(text, onAnswer, reply) {
    const tag = `a${++this.#tags}`;
    this.socket.write(`${tag} ${text}\r\n`);
    for (;;) {
      let line = await this.line();
      let first = null;
      for (let found; (found = /\{(\d+)\}$/.exec(line)); ) {
        const literal = await this.literal(Number(found[1]));
        first ??= literal;
        line = line.slice(0, found.index) + (await this.line());
      }
      if (line.startsWith('+') && reply) this.socket.write(`${String(reply)}\r\n`);
      else if (line.startsWith(`${tag} `)) return line.slice(tag.length + 1);
      else onAnswer?.(line, first);
    }
  }
}

/** The messages of a folder; null where it cannot be opened. */
async function readFolder(imap, name, key) {
  const found = { uidValidity: 0, messages: [] };
  let exists = 0;
  const opened = await imap.command(`EXAMINE "${name.replace(/["\\]/g, '\\$&')}"`, (line) => {
    found.uidValidity = Number(/\[UIDVALIDITY (\d+)\]/i.exec(line)?.[1] ?? found.uidValidity);
    exists = Number(/^\* (\d+) EXISTS/i.exec(line)?.[1] ?? exists);
  });
  if (!opened.startsWith('OK')) return null;
  const take = (line, literal) => {
    const uid = Number(/^\* \d+ FETCH .*\bUID (\d+)/i.exec(line)?.[1]);
    const quoted = /BODY\[\] "((?:[^"\\]|\\.)*)"/i.exec(line)?.[1]?.replace(/\\(.)/g, '$1');
    const short = quoted !== undefined && { sha256: sha256(Buffer.from(quoted, 'latin1')), octets: quoted.length };
    const body = literal ?? short;
    if (!uid || !body) return;
    const told = /INTERNALDATE "([^"]+)"/i.exec(line)?.[1] ?? '';
    const seconds = Date.parse(told.trim().replace(/^(\d+)-(\w+)-(\d+)/, '$1 $2 $3')) / 1000;
    const numbers = Buffer.alloc(16);
    numbers.writeBigInt64BE(BigInt(body.octets));
    numbers.writeBigInt64BE(Number.isNaN(seconds) ? -(2n ** 63n) : BigInt(seconds), 8);
    const element = createHmac('sha256', key).update(body.sha256).update(numbers).digest('hex');
    found.messages.push({ uid, octets: body.octets, date: Number.isNaN(seconds) ? '-' : String(seconds), element });
  };
  const read = exists === 0 ? 'OK' : await imap.command('UID FETCH 1:* (UID INTERNALDATE BODY.PEEK[])', take);
  if (!read.startsWith('OK')) wrong(`${clean(name)}: the server does not give out all of it: ${clean(read)}`);
  return found;
}

/** Section 7. */
function compareFolder({ path, uidValidity, uidNext, withheld, messages, octets, elements }, live, list, isLive) {
  const folder = clean(path.join('/'));
  const dated = ({ date }) => (date === '-' ? 'no date' : new Date(date * 1000).toISOString());
  const told = (each) => `UID ${each.uid}, ${each.octets} octets, ${dated(each)}`;
  const isSame = live.uidValidity === uidValidity;
  if (!isSame) console.log(`${folder}: renumbered since (UIDVALIDITY ${uidValidity} then, ${live.uidValidity} now)`);
  const since = live.messages.filter(({ uid }) => isSame && uid >= uidNext);
  const old = live.messages.filter(({ uid }) => !isSame || (uid < uidNext && !withheld.includes(uid)));
  for (const each of since) (isLive ? console.log : wrong)(`${folder}: added since: ${told(each)}`);
  if (digestOf(old) === elements) return;
  const sum = old.reduce((n, each) => n + each.octets, 0);
  if (!list) {
    wrong(`${folder}: differs: ${messages} messages of ${octets} octets certified, ${old.length} of ${sum} are there`);
    return;
  }
  const keyOf = (each) => (isSame ? each.uid : each.element);
  const left = new Map();
  for (const each of old) left.set(keyOf(each), [...(left.get(keyOf(each)) ?? []), each]);
  for (const certified of list) {
    const now = left.get(keyOf(certified))?.pop();
    if (!now) wrong(`${folder}: removed: ${told(certified)}`);
    else if (now.element !== certified.element)
      wrong(`${folder}: changed: ${told(certified)}; now ${now.octets} octets`);
  }
  for (const each of [...left.values()].flat()) wrong(`${folder}: added: ${told(each)}`);
}

async function checkLive(certificate, lists, flags) {
  const key = Buffer.from(readFileSync(flags['digest-key'] ?? fail('--digest-key is missing'), 'utf8').trim(), 'hex');
  if (hex(sha256(key)) !== certificate.digestKey) fail('the digest key is that of another mailbox or estate');
  const { protocol, username, hostname, port } = new URL(flags.against);
  if (protocol !== 'imaps:' || !username) fail('--against wants imaps://user@host');
  // A line break in one would be another command.
  if (certificate.folders.some(({ target }) => /[^\x20-\x7e]/.test(target.name)))
    fail('a folder has a name that is none of IMAP; nobody was connected to');
  const password = process.env[flags['password-env']] ?? fail('--password-env names the variable with the password');
  const ca = flags.ca && readFileSync(flags.ca);
  const imap = new Imap({ host: hostname, port: Number(port || 993), ca });
  await imap.line(); // the greeting
  const plain = Buffer.from(`\0${decodeURIComponent(username)}\0${password}`).toString('base64');
  if (!(await imap.command('AUTHENTICATE PLAIN', null, plain)).startsWith('OK')) fail('the sign-in was refused');
  for (const { target } of certificate.folders) {
    const live = await readFolder(imap, target.name, key);
    if (live) compareFolder(target, live, lists.get(target.name), flags.live);
    else wrong(`${clean(target.path.join('/'))}: missing, with ${target.messages} certified messages`);
  }
  imap.socket.destroy();
}

async function main() {
  const names = ['public-key', 'wave', 'proof', 'against', 'digest-key', 'password-env', 'ca', 'elements'];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  options.live = { type: 'boolean' };
  const { values: flags, positionals } = parseArgs({ options, allowPositionals: true });
  const [file] = positionals;
  if (!file || !flags['public-key']) fail('say which: check-certificate.mjs FILE --public-key FILE');
  const keys = publicKeys(flags['public-key']);
  const certificate = signedDocument(file, keys, 'godwit-certificate');
  if (certificate) {
    const { folders, root, mailbox, grade, totals, madeAt } = certificate;
    console.log(clean(`${mailbox.address}: ${grade.grade}, ${totals.targetMessages} messages, made ${madeAt}`));
    if (hex(treeRoot(folders.map(leafOf))) !== root) wrong(`${file}: changed, its folders do not give its root`);
    const beside = file.replace(/\.json$/, '.elements');
    const lists = elementLists(flags.elements ?? (existsSync(beside) ? beside : null), certificate);
    if (flags.wave) {
      const wave = signedDocument(flags.wave, keys, 'godwit-wave-certificate');
      const proof = JSON.parse(readFileSync(flags.proof ?? fail('--wave wants --proof'), 'utf8'));
      if (wave && !isIncluded(leafOf(certificate), proof, wave.root))
        wrong(`${flags.proof}: does not lead to the root`);
    }
    if (flags.against) await checkLive(certificate, lists, flags);
  }
  for (const problem of problems) console.log(`WRONG  ${problem}`);
  console.log(problems.length === 0 ? 'All that was checked is as certified.' : `${problems.length} differences.`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

main().catch((error) => {
  console.error(`check-certificate: ${clean(error.message)}`);
  process.exitCode = 2;
});
