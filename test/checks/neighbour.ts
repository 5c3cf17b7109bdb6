/**
 * Asks a machine of the network that it is on itself, which is there and silent, and tells as JSON what it finds: then
 * how it is when its own cable is cut. Run where nobody else is, see `neighbours.test.ts`.
 */

import { execFileSync } from 'node:child_process';
import { tcpFinding } from '../../src/checks/catalogue/tcp.ts';
import { systemDial } from '../../src/checks/ssh/dial.ts';
import { socketFailure } from '../../src/checks/ssh/failure.ts';
import { knock } from '../../src/checks/sweep/knock.ts';

const patienceMs = 60_000;
const [own, neighbour] = ['198.18.0.1', '198.18.0.2'];

const failureAt = async (address: string): Promise<string> => {
  try {
    (await systemDial(address, 22, AbortSignal.timeout(patienceMs))).destroy();
    return 'open';
  } catch (error) {
    return socketFailure(error, 'n1').reason;
  }
};

const ip = (line: string): void => void execFileSync('ip', line.split(' '));
ip('link set lo up');
ip('link add cable type veth peer name end');
ip(`address add ${own}/30 dev cable`);
ip('link set cable up');
ip('link set end up');
const alive = await failureAt(own);
const silent = await failureAt(neighbour);
const knocked = tcpFinding(await knock(neighbour, 22, patienceMs), 22);
ip('link set end down');
const cut = await failureAt(neighbour);
process.stdout.write(JSON.stringify({ alive, silent, knocked, cut }));
