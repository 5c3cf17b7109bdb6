/** A machine of the station's own network that falls silent: the system says "no route" of it, and a route is not missing. */

import { execFileSync } from 'node:child_process';
import t from 'tap';
import { tcpFinding } from '../../src/checks/catalogue/tcp.ts';
import { socketFailure } from '../../src/checks/ssh/failure.ts';
import { systemDial } from '../../src/checks/ssh/dial.ts';
import { knock } from '../../src/checks/sweep/knock.ts';
import { Cable, obstacle } from '../lifecycle/cable.ts';

const patienceMs = 60_000;

const failureAt = async (address: string): Promise<string> => {
  try {
    (await systemDial(address, 22, AbortSignal.timeout(patienceMs))).destroy();
    return 'open';
  } catch (error) {
    return socketFailure(error, 'n1').reason;
  }
};

const why = obstacle();
t.test('19: a neighbour that is silent is no missing route', { skip: why ?? false }, async (t) => {
  const cable = await Cable.lay();
  const neighbour = cable.station.replace(/\d+$/, (last) => String(Number(last) + 1));
  t.equal(await failureAt(neighbour), 'refused', 'it is alive, and nothing listens');
  // The cable stays; nobody is at its end.
  const [program = '', ...rest] = cable.agents;
  execFileSync(program, [...rest, 'ip', 'link', 'set', 'lan', 'down']);
  // It is remembered for most of a minute how to reach it.
  execFileSync('ip', ['neighbour', 'flush', 'to', neighbour]);
  t.equal(await failureAt(neighbour), 'silent');
  const knocked = await knock(neighbour, 22, patienceMs);
  t.match(tcpFinding(knocked, 22), { verdict: 'fail', cause: 'silent' });
  cable.cut();
  t.equal(await failureAt(neighbour), 'no-route', 'that our own cable is cut says nothing of it');
});
