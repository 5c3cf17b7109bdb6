/** Which address of this host others can use. */

import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { NetworkInterfaceInfo } from 'node:os';

/** Addresses that mean another machine, or none, elsewhere: loopback, link-local, any, with a zone. */
export const isLocal = (address: string): boolean =>
  /^(127\.|169\.254\.|0\.0\.0\.0$|fe[89ab].:|::1?$|.*%)/i.test(address) || address === '';

/** More than that are not reported; the schema's bound. */
const interfacesMax = 256;

export interface Interface {
  readonly name: string;
  readonly address: string;
}

/**
 * The addresses by which others may reach this host: neither loopback nor link-local. Sorted, so
 * that order is no change.
 */
export const reachableInterfaces = (
  found: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): Interface[] =>
  Object.entries(found)
    .flatMap(([name, infos = []]) => infos.map((info) => ({ name, info })))
    .filter(({ info }) => !info.internal && !isLocal(info.address))
    .map(({ name, info }) => ({ name, address: info.address }))
    .sort((a, b) => compare(a.name, b.name) || compare(a.address, b.address))
    .slice(0, interfacesMax);

/** By code unit: the same order whatever the locale. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The interface that leads to everywhere else, the cheapest where there are several.
 *
 * @param routes what `/proc/net/route` says; undefined where it cannot be read
 */
export const defaultInterface = (routes: string | undefined): string | undefined =>
  (routes ?? '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000')
    .sort((a, b) => Number(a[6]) - Number(b[6]))
    .at(0)?.[0];

const routesOfHost = (): string | undefined => {
  try {
    return readFileSync('/proc/net/route', 'utf8');
  } catch {
    return undefined;
  }
};

/**
 * The address of a host for others: that on the way to its station or, where that leads nowhere
 * else (the station is on this machine), one of the interface of the default route, else of any.
 * IPv4 goes before IPv6.
 *
 * @returns the one on the way where the host has no other
 */
export const usableAddress = (
  onTheWay: string,
  interfaces: readonly Interface[] = reachableInterfaces(),
  routes: string | undefined = routesOfHost(),
): string => {
  if (!isLocal(onTheWay)) return onTheWay;
  const main = defaultInterface(routes);
  const ranked = interfaces.toSorted(
    (a, b) =>
      Number(isIPv4(b.address)) - Number(isIPv4(a.address)) ||
      Number(b.name === main) - Number(a.name === main),
  );
  return ranked[0]?.address ?? onTheWay;
};

/** The address in an LNet id that nobody named: LNet knows IPv4 only. */
export const lnetAddress = (
  address: string,
  interfaces: readonly Interface[] = reachableInterfaces(),
  routes: string | undefined = routesOfHost(),
): string => {
  if (isIPv4(address)) return address;
  const candidates = interfaces.filter((one) => isIPv4(one.address));
  const main = defaultInterface(routes);
  return (candidates.find(({ name }) => name === main) ?? candidates[0])?.address ?? address;
};
