/** Rights to the console of one machine, for a while: made by the OBM daemon that has it, and recorded before used. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventData } from '../events/catalogue.ts';
import { mayConnect } from '../rights/consoles.ts';
import { connectionsMax, connectionsOfMachineMax } from '../values/consoles.ts';
import type { ConsoleMode, ConsolePurpose } from '../values/consoles.ts';
import { reject } from '../values/rejection.ts';
import { notRegistered, obmDisabled, usableHost } from '../lifecycle/obm-right.ts';

export interface MakeConnection {
  readonly type: 'MakeConnection';
  readonly fqdn: string;
  /** As the daemon calls it. */
  readonly id: string;
  readonly purpose: ConsolePurpose;
  readonly mode: ConsoleMode;
  /** Id of the access token of whoever it is for. */
  readonly credential: string;
  /** Of the token of the OBM by which the daemon made it. */
  readonly epoch: number;
  /** Ms since the epoch. */
  readonly expires: number;
}

/** The daemon has made it. It must be revoked there where this is refused. */
export const makeConnection: Decide<MakeConnection> = (graph, command) => {
  const { type: _, fqdn, id, credential: token, epoch, ...more } = command;
  const refused = usableHost(graph, fqdn);
  if (refused) return refused;
  const registration = graph.get('registration', fqdn);
  if (!registration) return notRegistered(fqdn);
  if (registration.token === null || registration.token !== epoch) return obmDisabled(fqdn);
  if (!mayConnect(graph, { ...command, host: fqdn }))
    return reject('right-ended', `the token may not use the console of ${fqdn} any more`, {
      subject: fqdn,
    });
  if (graph.get('connection', id))
    return reject('obm-changed', 'the OBM daemon gave a console connection the id of another one', {
      subject: fqdn,
    });
  const ofMachine = [...graph.many('connects', fqdn)].length;
  if (ofMachine >= connectionsOfMachineMax)
    return reject(
      'too-many-connections',
      `there are ${ofMachine} console connections of ${fqdn}, which is the most; revoke one first`,
      { subject: fqdn },
    );
  if (graph.count('connection') >= connectionsMax)
    return reject(
      'too-many-connections',
      `there are ${connectionsMax} console connections, which is the most; revoke some first`,
    );
  return decided([{ type: 'ConsoleConnectionMade', data: { fqdn, id, token, epoch, ...more } }]);
};

export interface EndConnection {
  readonly type: 'EndConnection';
  readonly id: string;
  readonly why: EventData<'ConsoleConnectionEnded'>['why'];
}

/** Nobody is in by it any more, nor comes: the daemon has said so. What is over is so already. */
export const endConnection: Decide<EndConnection> = (graph, { id, why }) => {
  const row = graph.get('connection', id);
  if (!row) return unchanged;
  const { host: fqdn } = row;
  return decided([{ type: 'ConsoleConnectionEnded', data: { fqdn, id, why } }]);
};
