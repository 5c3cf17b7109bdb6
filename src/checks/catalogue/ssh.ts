/** Whether one can log in by key: banner, host key, authentication, one command. */

import type { CheckDescription, Finding, ProbeCheck } from '../check.ts';
import type { Cause } from '../observation.ts';
import { shortened, unknown, withoutControls } from './finding.ts';

export const ssh: CheckDescription = {
  id: 'ssh',
  title: 'SSH',
  description:
    'Whether a login by key works, over the one connection that all checks on the machine share. ' +
    'What is wrong is named: refused, no banner, host key changed, key not taken, password asked.',
  type: 'seconds',
  unit: 's',
  needs: 'ssh',
  timeoutSeconds: 10,
  periodSeconds: 60,
};

/** @param ms that the whole look took */
export const sshWorks = (ms: number, wasKept: boolean): Finding => ({
  verdict: 'ok',
  value: Math.round(ms) / 1000,
  text: wasKept ? 'login works (connection kept)' : 'login works',
});

/** What is ours or the network's to know says nothing of the machine. */
const notOfTheMachine: readonly Cause[] = [
  ...(['dns', 'host-key-unknown', 'jump-host', 'not-asked', 'unreadable'] as const),
];

export const sshFailed = ({ reason, message }: { reason: Cause; message: string }): Finding => ({
  verdict: notOfTheMachine.includes(reason) ? 'unknown' : reason === 'reset' ? 'warn' : 'fail',
  value: null,
  text: shortened(withoutControls(message)),
  cause: reason,
});

/** What a section of the script came to. */
interface Section {
  readonly ending: 'done' | 'timeout' | 'stuck' | 'missing';
  readonly exitCode: number | null;
  readonly output: string;
}

/** @param now by the clock of the station, ms since the epoch */
export const sectionFinding = (check: ProbeCheck, section: Section, now: number): Finding => {
  switch (section.ending) {
    case 'done': {
      const finding = check.parse(section.output, section.exitCode ?? 0, now);
      return { ...finding, text: withoutControls(finding.text) };
    }
    case 'timeout':
      return unknown(`it took longer than ${check.timeoutSeconds} s and was ended`, 'timeout');
    case 'stuck':
      return unknown('an earlier look hangs there and cannot be ended', 'timeout');
    case 'missing':
      return unknown('the machine did not come so far', 'not-asked');
  }
};
