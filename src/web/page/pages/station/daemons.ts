/** OBMs by the daemon that has them. */

import type { Obm } from '../../../../client/types.ts';

export interface Daemon {
  /** Its base URL; whoever is not told which it is sees one of all. */
  readonly obmd: string;
  readonly machines: number;
  readonly enabled: number;
  /** Why machines cannot be reached, and which; most machines first. */
  readonly troubles: readonly { readonly reason: string; readonly hosts: readonly string[] }[];
}

export const daemonsOf = (obms: readonly Obm[]): readonly Daemon[] =>
  [...Map.groupBy(obms, ({ obmd }) => obmd ?? 'not told')]
    .map(([obmd, of]) => ({
      obmd,
      machines: of.length,
      enabled: of.filter(({ state }) => state === 'enabled').length,
      troubles: troublesOf(of),
    }))
    .sort((one, other) => (one.obmd < other.obmd ? -1 : 1));

const troublesOf = (obms: readonly Obm[]): Daemon['troubles'] =>
  [
    ...Map.groupBy(
      obms.filter(({ trouble }) => trouble !== null),
      ({ trouble }) => trouble!.reason,
    ),
  ]
    .map(([reason, of]) => ({ reason, hosts: of.map(({ host }) => host) }))
    .sort((one, other) => other.hosts.length - one.hosts.length);
