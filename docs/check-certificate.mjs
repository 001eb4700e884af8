#!/usr/bin/env node
// Checks a certificate of Godwit, written from docs/evidence-format.md alone. Wants Node 20 and nothing else, and changes nothing anywhere.
// Ends with 0: all is as certified; 1: something is not, and is named; 2: it could not be checked.
//   node check-certificate.mjs ann@corp.example.json --public-key keys.json [--elements ann@corp.example.elements]
//     [--wave wave-pilot.json --proof ann@corp.example.proof.json] [--against imaps://ann@mail.example --password-env NAME
//     --digest-key ann@corp.example.digest-key [--ca FILE] [--live: mail that came since is told, and is no difference]]
import { fail } from 'node:assert';
import { createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { parseArgs } from 'node:util';

let differences = 0;
// What a server or a file says is shown without anything that moves a cursor.
const clean = (text) => String(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
const say = (text) => console.log(clean(text));
const wrong = (text) => say(`WRONG  ${text}`, differences++);
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const hex = (octets) => octets.toString('hex');

/** Section 2: the document in a signed file; nothing where it is not as it was signed, which is told. */
function signedFile(file, keyFile, type, octets = readFileSync(file, 'utf8')) {
  const keys = JSON.parse(readFileSync(keyFile, 'utf8')).keys.map(({ crv, kty, x }) => ({ crv, kty, x }));
  try {
    const form = /^\{"certificate":(\{.*\}),"protected":"([\w-]+)","signature":"([\w-]+)"\}\n$/s;
    const [, text, header, signature] = form.exec(octets) ?? fail('it is not in canonical form');
    const document = JSON.parse(text);
    // RFC 8785 writes numbers and strings as JSON.stringify does, which keeps the order of names; the signature vouches for that.
    if (JSON.stringify(document) !== text) fail('it is not in canonical form');
    const { alg, typ, kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
    const jwk = keys.find((each) => sha256(JSON.stringify(each)).toString('base64url') === kid); // RFC 7638
    const key = jwk ? createPublicKey({ key: jwk, format: 'jwk' }) : fail(`its key ${kid} was not given`);
    const its = Buffer.from(signature, 'base64url');
    // Readers of base64url pass over much: what is not spelt as they would spell it is another file.
    const isOurs = alg === 'EdDSA' && typ === 'godwit+json' && its.toString('base64url') === signature;
    const input = Buffer.from(`${header}.${Buffer.from(text).toString('base64url')}`);
    if (!isOurs || !verify(null, input, key, its)) fail('it does not bear the signature of its key');
    if (document.type !== type || document.version !== 1) fail(`it is no ${type} of version 1`);
    say(`${file}: signed with ${kid}`);
    return document;
  } catch (error) {
    return wrong(`${file}: changed since it was signed, or never signed so: ${error.message}`);
  }
}

const leafOf = (entry) => sha256(Buffer.of(0), JSON.stringify(entry)); // section 4
const nodeOf = (left, right) => sha256(Buffer.of(1), left, right);
function treeRoot(leaves) {
  if (leaves.length < 2) return leaves[0] ?? sha256();
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return nodeOf(treeRoot(leaves.slice(0, k)), treeRoot(leaves.slice(k)));
}
function digestOf(messages) {
  const elements = messages.map(({ element }) => element).sort();
  return hex(sha256(Buffer.from(elements.join(''), 'hex')));
}
/** Section 6: the root to which a proof leads, by the same halves (RFC 9162 §2.1.3.1). */
function rootBy(leaf, { index, size, path }) {
  if (size < 2) return leaf;
  const k = 2 ** Math.floor(Math.log2(size - 1));
  const [rest, p] = [path.slice(0, -1), Buffer.from(path.at(-1) ?? '', 'hex')];
  if (index < k) return nodeOf(rootBy(leaf, { index, size: k, path: rest }), p);
  return nodeOf(p, rootBy(leaf, { index: index - k, size: size - k, path: rest }));
}

/** Section 5: the messages of each folder, by its name. What has the certified hash is what was certified. */
function elementLists(file, certified) {
  const octets = readFileSync(file);
  const isCertified = hex(sha256(octets)) === certified || wrong(`${file}: not the certified list, or changed`);
  const parts = isCertified ? octets.toString('latin1').trimEnd().split('\nfolder ').slice(1) : [];
  const listOf = ([name, ...lines]) => [JSON.parse(name), lines.map((line) => messageOf(...line.split(' ')))];
  return new Map(parts.map((part) => listOf(part.split('\n'))));
}
function messageOf(uid, octets, date, element) {
  const told = Number.isNaN(Number(date)) ? 'no date' : new Date(date * 1000).toISOString();
  return { uid: Number(uid), element, told: `UID ${uid}, ${octets} octets, ${told}` };
}

/** What a server says (RFC 3501 §7), answer by answer, literals as they come; each octet is a character. */
async function* answersOn(socket) {
  let [text, from] = ['', 0];
  for await (const chunk of socket.setEncoding('latin1')) {
    text += chunk;
    if (text.length > 500_000_000) fail('the server says something without end');
    for (let end; text.length > from && (end = text.indexOf('\r\n', from)) >= 0; ) {
      const literal = /\{(\d+)\}$/.exec(text.slice(from, end))?.[1];
      from = end + 2 + Number(literal ?? 0);
      if (literal !== undefined) continue;
      yield text.slice(0, end);
      [text, from] = [text.slice(from), 0];
    }
  }
  fail('the server closed the connection');
}
/** Says a command and gives the answers to it, or hands them to `take`; null where it was refused. */
async function ask({ socket, answers }, command, take, reply = '') {
  socket.write(`a ${command}\r\n`);
  for (let said = ''; ; ) {
    const { value: answer } = await answers.next();
    if (answer.startsWith('a ')) return answer.startsWith('a OK') ? said : null;
    if (answer.startsWith('+')) socket.write(`${Buffer.from(reply).toString('base64')}\r\n`);
    else said += take?.(answer) ?? `${answer}\n`;
  }
}
/** Section 4: the message in an answer to FETCH, as a literal or, where it has one line, a quoted string; none where there is none. */
function messageIn(answer, key) {
  const found = /BODY\[\] (?:\{(\d+)\}\r\n|"((?:[^"\\]|\\.)*)")/i.exec(answer);
  if (!found) return [];
  const begin = found.index + found[0].length;
  const end = begin + Number(found[1] ?? 0);
  const body = Buffer.from(found[2]?.replace(/\\(.)/g, '$1') ?? answer.slice(begin, end), 'latin1');
  const about = answer.slice(0, found.index) + answer.slice(end);
  const date = Date.parse(/INTERNALDATE "([^"]+)"/i.exec(about)?.[1]) / 1000;
  const numbers = Buffer.alloc(16);
  numbers.writeBigInt64BE(BigInt(body.length));
  numbers.writeBigInt64BE(Number.isNaN(date) ? -(2n ** 63n) : BigInt(date), 8);
  const element = createHmac('sha256', key).update(sha256(body)).update(numbers).digest('hex');
  return [messageOf(/\bUID (\d+)/i.exec(about)?.[1], body.length, date, element)];
}
/** The messages of a folder, which is opened to be read only; null where it cannot be. */
async function readFolder(server, name, key) {
  const opened = await ask(server, `EXAMINE "${name.replace(/["\\]/g, '\\$&')}"`);
  if (opened === null) return null;
  const messages = [];
  const take = (answer) => messages.push(...messageIn(answer, key)) && '';
  const all = /^\* 0 EXISTS/im.test(opened) ? 'NOOP' : 'UID FETCH 1:* (UID INTERNALDATE BODY.PEEK[])';
  if ((await ask(server, all, take)) === null) wrong(`${name}: the server does not give out all of it`);
  return { uidValidity: Number(/\[UIDVALIDITY (\d+)\]/i.exec(opened)?.[1]), messages };
}

/** Section 7: a folder as it was certified, as it is, and its lines of the list of elements, if there are any. */
function compareFolder({ path, uidValidity, uidNext, withheld, messages, elements }, live, list, since) {
  const folder = path.join('/');
  const isSame = live.uidValidity === uidValidity;
  const isSince = ({ uid }) => isSame && uid >= uidNext;
  for (const { told } of live.messages.filter(isSince)) since(`${folder}: added since: ${told}`);
  const old = live.messages.filter((each) => !isSince(each) && !(isSame && withheld.includes(each.uid)));
  if (digestOf(old) === elements) return;
  if (!list) return wrong(`${folder}: differs: ${messages} messages were certified, ${old.length} are there`);
  const left = new Map(old.map((each) => [isSame ? each.uid : each.element, []]));
  for (const each of old) left.get(isSame ? each.uid : each.element).push(each);
  for (const { uid, element, told } of list) {
    const now = left.get(isSame ? uid : element)?.pop();
    if (!now) wrong(`${folder}: removed: ${told}`);
    else if (now.element !== element) wrong(`${folder}: changed: ${told}; now ${now.told}`);
  }
  for (const { told } of [...left.values()].flat()) wrong(`${folder}: added: ${told}`);
}

/** Section 7: all folders that are certified, and those that were not there then. */
async function checkLive({ digestKey, folders, otherFolders }, lists, flags) {
  const key = Buffer.from(readFileSync(flags['digest-key'], 'utf8').trim(), 'hex');
  if (hex(sha256(key)) !== digestKey) fail('the digest key is that of another mailbox or estate');
  const known = new Set([...folders.map(({ target }) => target.name), ...(otherFolders ?? [])]);
  // A line break in one would make a command of what stands behind it: nobody is connected to.
  if (/[^\x20-\x7e]/.test([...known].join(''))) fail('a folder has a name that is none of IMAP');
  const { hostname: host, port, username } = new URL(flags.against);
  const socket = connect({ host, port: Number(port || 993), ca: flags.ca && readFileSync(flags.ca) });
  socket.setTimeout(300_000, () => socket.destroy(new Error('the server says nothing')));
  const server = { socket, answers: answersOn(socket) };
  const plain = `\0${decodeURIComponent(username)}\0${process.env[flags['password-env']] ?? fail('no password')}`;
  if ((await ask(server, 'AUTHENTICATE PLAIN', null, plain)) === null) fail('the sign-in was refused');
  const since = flags.live ? say : wrong;
  for (const { target } of folders) {
    const live = await readFolder(server, target.name, key);
    if (live) compareFolder(target, live, lists.get(target.name), since);
    else wrong(`${target.path.join('/')}: missing, with ${target.messages} certified messages`);
  }
  if (!otherFolders) return say('It is older, and does not tell which other folders were there: none was looked into.');
  const listed = /^\* LIST \((.*?)\) (?:NIL|"\\?.") (?:\{\d+\}\r\n)?(.+)$/gim;
  for (const [, its, spelt] of ((await ask(server, 'LIST "" "*"')) ?? fail('it lists no folders')).matchAll(listed)) {
    const name = spelt.replace(/^"(.*)"$/, '$1').replace(/\\(.)/g, '$1');
    if (known.has(name) || /\\(Noselect|NonExistent|All|Flagged)\b/i.test(its)) continue;
    for (const { told } of (await readFolder(server, name, key))?.messages ?? [{ told: 'it cannot be opened' }])
      since(`${name}: added since, in a folder that was not there: ${told}`);
  }
}
async function check(file, flags) {
  const certificate = signedFile(file, flags['public-key'], 'godwit-certificate');
  if (!certificate) return;
  const { folders, root, mailbox, grade, totals, madeAt, elementList } = certificate;
  say(`${mailbox.address}: ${grade.grade}, ${totals.targetMessages} messages, made ${madeAt}`);
  if (hex(treeRoot(folders.map(leafOf))) !== root) wrong(`${file}: its folders do not give its root`);
  const wave = flags.wave && signedFile(flags.wave, flags['public-key'], 'godwit-wave-certificate');
  const proven = wave && hex(rootBy(leafOf(certificate), JSON.parse(readFileSync(flags.proof, 'utf8'))));
  if (wave && proven !== wave.root) wrong(`${flags.proof}: does not lead to the root of the wave`);
  const list = flags.elements ?? file.replace(/\.json$/, '.elements');
  const lists = elementList && existsSync(list) ? elementLists(list, elementList.sha256) : new Map();
  if (flags.against) await checkLive(certificate, lists, flags);
}
process.on('uncaughtException', (error) => {
  console.error(`check-certificate: ${clean(error.message)}`);
  process.exit(2);
});
const names = ['public-key', 'elements', 'wave', 'proof', 'against', 'digest-key', 'password-env', 'ca'];
const options = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
const parsed = parseArgs({ options: { ...options, live: { type: 'boolean' } }, allowPositionals: true });
await check(parsed.positionals[0], parsed.values);
say(differences === 0 ? 'All that was checked is as certified.' : `${differences} differences.`);
process.exit(differences === 0 ? 0 : 1);
