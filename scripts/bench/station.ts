/** Stations and reports for benchmarks. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReportNodeUp } from '../../src/core/commands/report-node-up.ts';
import type { Declaration } from '../../src/core/values/facts.ts';
import { Station } from '../../src/station/station.ts';

const silent = { info: (): void => undefined, warn: console.error, error: console.error };

/**
 * A directory under the temporary one (`TMPDIR` moves it), removed when the benchmark is done with
 * it.
 */
export const withDirectory = async <T>(use: (directory: string) => Promise<T>): Promise<T> => {
  const directory = mkdtempSync(join(tmpdir(), 'halcyon-bench-'));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

export const openStation = async (directory: string, snapshotEvery = 0): Promise<Station> => {
  const station = await Station.open({ directory, logger: silent, snapshotEvery });
  station.start(1);
  return station;
};

export const fqdn = (i: number): string => `n${String(i).padStart(5, '0')}.galileo.example`;

const addressOf = (i: number): string => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;

/** The report of host `i`; another `round` is another fact, so that it is worth an event. */
export const nodeUp = (i: number, round: number): ReportNodeUp => ({
  type: 'ReportNodeUp',
  fqdn: fqdn(i),
  speaksFor: null,
  facts: factsOf(i, round),
});

export const factsOf = (i: number, round: number): ReportNodeUp['facts'] => ({
  agent: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  address: addressOf(i),
  lnid: `${addressOf(i)}@tcp`,
  interfaces: [{ name: 'eth0', address: addressOf(i) }],
  memory_mib: 64_000 + round,
  cpus: 20,
  kernel: '6.1.0-40-amd64',
  boot_id: '6f0c1a52-2f7f-4c86-8d3e-2f1d0e9b7a10',
  version: '0.1.0',
});

/** One role `app` of one client process with one service, as many as asked for. */
export const appRole: Declaration = {
  cluster: 'bench',
  enclosures: [],
  hosts: [],
  pools: [],
  profiles: [{ name: 'default', pools: [] }],
  vars: {},
  recovery: null,
  roles: [
    {
      name: 'app',
      format: 'native',
      file: 'bench.yaml',
      line: 1,
      requires: [],
      text: `- role: app
  processes:
    - name: app
      ownership: independent
      endpoint: "{{ lnid }}:12345:41:302"
      multiplicity: "{{ multiplicity }}"
      services: [RMS]
`,
    },
  ],
};

export const bench = { actor: 'bench' } as const;
export const nothing = (): null => null;
