/** What a check is. Each is one file in `catalogue/`; columns, routes, documentation and OpenAPI come of it. */

import type { Cause, Value, Verdict } from './observation.ts';

/** What a check needs before it can ask. `probe`: lines of the one script that is run over ssh. */
export type Need = 'ping' | 'tcp' | 'ssh' | 'probe' | 'ipmi' | 'agent' | 'scheduler';

export type ValueType = 'bool' | 'bytes' | 'seconds' | 'count' | 'ratio' | 'enum' | 'text';

/** What a check found, before a policy judged how long it has been so. */
export interface Finding {
  readonly verdict: Verdict;
  readonly value: Value;
  readonly text: string;
  readonly cause?: Cause;
}

/** What is known of a check without running it. */
export interface CheckDescription {
  /** Lower case, `/` between parent and child: `df/tmp`. */
  readonly id: string;
  /** The check that this one is an instance of: `df` of `df/tmp`. */
  readonly parent?: string;
  readonly title: string;
  readonly description: string;
  readonly type: ValueType;
  readonly unit?: string;
  readonly needs: Need;
  readonly timeoutSeconds: number;
  readonly periodSeconds: number;
}

/** A check that reads lines which the probe prints between its markers. */
export interface ProbeCheck extends CheckDescription {
  readonly needs: 'probe';
  /** Lines for /bin/sh, for any user, in any locale. */
  readonly probe: readonly string[];
  /** The lines hardly do more than read `/proc`. */
  readonly isQuick?: true;
  /**
   * Pure. What a machine prints is foreign: whatever it is, there is a finding.
   *
   * @param now by the clock of the station, ms since the epoch
   */
  readonly parse: (output: string, exitCode: number, now: number) => Finding;
}
