/** Whether a machine's TCP answers. A connection that is refused is an answer. */

import type { CheckDescription, Finding } from '../check.ts';
import type { Knocked } from '../sweep/knock.ts';
import { unknown } from './finding.ts';

export const tcp: CheckDescription = {
  id: 'tcp',
  title: 'TCP',
  description:
    'Whether something of the machine answers on the port of sshd. ' +
    'Refused is an answer: the machine is alive and nothing listens.',
  type: 'seconds',
  unit: 's',
  needs: 'tcp',
  timeoutSeconds: 5,
  periodSeconds: 60,
};

/** What a knock at a port says of a machine. That we cannot ask is never its fault. */
export const tcpFinding = (knocked: Knocked, port: number): Finding => {
  const { answer, ms } = knocked;
  const seconds = Math.round(ms * 1000) / 1e6;
  switch (answer) {
    case 'open':
      return { verdict: 'ok', value: seconds, text: `port ${port} answers` };
    case 'refused':
      return {
        verdict: 'ok',
        value: seconds,
        text: `alive, but nothing listens on port ${port}`,
        cause: 'refused',
      };
    case 'none':
      return unanswered(knocked.code, port);
  }
};

const unanswered = (code: string, port: number): Finding => {
  switch (code) {
    case 'ETIMEDOUT':
      return { verdict: 'fail', value: null, text: `no answer on port ${port}`, cause: 'timeout' };
    case 'EHOSTDOWN':
      return {
        ...{ verdict: 'fail', value: null, cause: 'silent' },
        text: `nobody answers for its address (${code})`,
      };
    case 'EHOSTUNREACH':
      return { verdict: 'fail', value: null, text: `no route to it (${code})`, cause: 'no-route' };
    case 'ENETUNREACH':
      return unknown('the station has no route there (ENETUNREACH)', 'no-route');
    case 'ECONNRESET':
      return { verdict: 'warn', value: null, text: 'it reset the connection', cause: 'reset' };
    default:
      return unknown(`it could not be asked (${code})`, 'not-asked');
  }
};
