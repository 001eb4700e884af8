/** Where a godwit.yaml lets us connect to, read; and whether all that it names itself is among that. */

import {
  type EndpointRules,
  judgePlace,
  type PlaceToJudge,
  readHostPattern,
  readNetworkPattern,
} from '#domain/endpoint-rules.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { signInProtocols } from '#domain/door-backends.ts';
import { sideNames } from '#domain/platform.ts';
import type { EndpointsForm } from './endpoints-form.ts';
import type { Written } from './written.ts';
import type { Path } from './yaml-places.ts';

/** Null where nothing is written; `wrong` where something of it is, which is then among the problems. */
export function readEndpoints(form: EndpointsForm | undefined, written: Written): EndpointRules | null | 'wrong' {
  if (form === undefined) return null;
  if (!written.isWhole(['endpoints'])) return 'wrong';
  const hosts = form.hosts?.map((each, i) => written.read(['endpoints', 'hosts', i], each, readHostPattern)) ?? null;
  const networks = form.networks.map((each, i) => written.read(['endpoints', 'networks', i], each, readNetworkPattern));
  const [soundHosts, soundNetworks] = [
    hosts?.filter((each) => each !== null) ?? null,
    networks.filter((each) => each !== null),
  ];
  if (soundHosts?.length !== hosts?.length || soundNetworks.length !== networks.length) return 'wrong';
  return { hosts: soundHosts, ports: form.ports ?? null, networks: soundNetworks };
}

type Placed = Pick<
  EstateSettings,
  'source' | 'target' | 'probes' | 'directory' | 'notices' | 'audit' | 'doors' | 'api'
>;

/** Tells, at its line, of each place that the settings name and do not allow. Names are not looked up here. */
export function checkPlaces(settings: Placed, rules: EndpointRules | null, written: Written): void {
  for (const [path, place] of placesIn(settings)) {
    const judged = judgePlace(rules, place, 'named');
    if (judged.kind === 'refused')
      written.problem(
        path,
        `${path.join('.')} leads to ${place.host}:${place.port}: ${judged.because}. Allow it under endpoints, if it is meant.`,
      );
  }
}

function* placesIn(settings: Placed): Generator<readonly [Path, PlaceToJudge], void> {
  const { probes, directory, notices, audit, doors, api } = settings;
  for (const side of sideNames) {
    const { endpoint, sessions } = settings[side];
    yield [[side, 'url'], endpoint];
    if (sessions) yield [[side, 'sessions', 'url'], placeOf(sessions.url)];
  }
  if (probes) yield [['probes', 'url'], probes.endpoint];
  if (directory) yield [['directory', 'url'], directory.server];
  if (notices) yield [['notices', 'smtp', 'url'], notices.smtp];
  for (const [i, each] of (audit?.sendHead ?? []).entries())
    if (each.kind === 'https') yield [['audit', 'send-head', i], placeOf(each.url)];
  if (api?.signIn) yield [['api', 'sign-in', 'issuer'], placeOf(api.signIn.issuer)];
  if (!doors) return;
  for (const side of sideNames) {
    const { deliver, signIns } = doors[side];
    if (deliver?.place.kind === 'tcp') yield [['doors', side, 'deliver'], deliver.place];
    for (const protocol of signInProtocols) {
      const backend = signIns[protocol];
      if (backend) yield [['doors', side, protocol === 'smtp' ? 'submission' : protocol], backend];
    }
  }
  const check = doors.nginx?.check ?? null;
  if (check?.kind === 'directory') yield [['doors', 'nginx', 'check-at'], placeOf(check.url)];
}

/** Of a URL that was read before. */
function placeOf(url: string): PlaceToJudge {
  const { protocol, hostname, port } = new URL(url);
  return { host: hostname, port: port === '' ? (usualPorts[protocol] ?? 0) : Number(port) };
}

const usualPorts: Readonly<Record<string, number | undefined>> = {
  'http:': 80,
  'https:': 443,
  'ldap:': 389,
  'ldaps:': 636,
};
