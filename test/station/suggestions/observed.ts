/** Observations that a test hands to a station, as its checks would. */

import type { Cause, Observation, Value, Verdict } from '../../../src/checks/observation.ts';
import { usualSettings } from '../../../src/checks/settings/settings.ts';
import type { CheckSettings } from '../../../src/checks/settings/settings.ts';
import type { Station } from '../../../src/station/station.ts';

/** The station looks at nothing itself. */
export const unasked: CheckSettings = { ...usualSettings, enabled: [] };

export interface Found {
  readonly verdict: Verdict;
  readonly cause?: Cause;
  readonly value?: Value;
  readonly text?: string;
  readonly soft?: true;
}

const silent: Found = { verdict: 'fail', cause: 'silent', text: 'no answer' };

/** Says nothing to anything, and its power is on. */
export const silentButOn: Readonly<Record<string, Found>> = {
  ping: silent,
  ssh: silent,
  agent: { verdict: 'fail', text: 'its agent is not heard' },
  ipmi: { verdict: 'ok', value: true },
  power: { verdict: 'ok', value: 'on' },
};

export const well: Readonly<Record<string, Found>> = {
  ping: { verdict: 'ok' },
  ssh: { verdict: 'ok' },
  agent: { verdict: 'ok' },
  ipmi: { verdict: 'ok', value: true },
  power: { verdict: 'ok', value: 'on' },
};

/** Takes what was found of a machine at some time; it lasts from then on. */
export const observe = (
  station: Station,
  machine: string,
  found: Readonly<Record<string, Found>>,
  observedAt: number,
): void =>
  station.observations.record(
    Object.entries(found).map(
      ([check, { verdict, cause, value = null, text = verdict, soft }]): Observation => ({
        ...{ machine, check, verdict, value, text, observedAt, durationMs: 3 },
        ...(cause === undefined ? {} : { cause }),
        ...(soft === undefined ? {} : { soft }),
      }),
    ),
  );
