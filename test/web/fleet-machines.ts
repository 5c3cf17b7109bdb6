/** Machines of which much is known, for tests of the pages about the fleet. */

import type { Observation } from '../../src/checks/observation.ts';
import type { InProcess } from '../station/harness.ts';

/** What somebody wrote who means harm: markup, a terminal's orders, a turned direction. */
export const harmful = '<script>alert(1)</script>\u001b]0;owned\u0007 \u202egnp.exe';

export const found = (
  machine: string,
  check: string,
  verdict: Observation['verdict'],
  text = '',
): Observation => ({
  ...{ machine, check, verdict, text, value: null },
  ...{ observedAt: Date.now(), durationMs: 1 },
});

/** Registers machines, and has them answer by ssh unless said otherwise. */
export const machinesOf = async (
  { ask, station }: InProcess,
  names: readonly string[],
  silent: Readonly<Record<string, string>> = {},
): Promise<void> => {
  for (const fqdn of names) {
    const { status } = await ask('POST', '/hosts', { fqdn });
    if (status !== 201) throw new Error(`${fqdn} was not taken: ${status}`);
  }
  station.observations.record(
    names.flatMap((name) => {
      const why = silent[name];
      return [
        found(name, 'ssh', why === undefined ? 'ok' : 'fail', why ?? ''),
        found(name, 'ping', why === undefined ? 'ok' : 'fail', why ?? ''),
      ];
    }),
  );
};
