/** What the owner of an independent process asks and says. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { instanceLengthMax } from '../core/values/instance.ts';
import { leaseSecondsMax, leaseSecondsMin } from '../core/values/lease.ts';
import { reportableStates } from '../core/values/states.ts';
import { command, read } from './endpoint.ts';
import { Done } from './outcome.ts';
import { FidText, Fqdn, Ownership, RoleName, strict } from './values.ts';

export const Configuration = Type.Object({
  fid: FidText,
  node: FidText,
  host: Fqdn,
  role: RoleName,
  name: Type.String(),
  unit: Type.String({ description: 'Prefix of the unit and of its environment file.' }),
  ownership: Ownership,
  endpoint: Type.String(),
  environment: Type.Record(Type.String(), Type.String()),
});

const instance = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: instanceLengthMax,
    pattern: '^[ -~]*$',
    description:
      'Which run of the process says so: an id that it chose when it began. The first `starting` or `online` of a run ' +
      'makes it the present one; what another says afterwards is refused as `older-instance`. Absent: not said.',
  }),
);

export const StateBody = Type.Object(
  {
    state: Type.Unsafe<(typeof reportableStates)[number]>(Type.Enum([...reportableStates])),
    reason: Type.Optional(Type.String({ maxLength: 1024 })),
    instance,
  },
  strict,
);

export const LeaseSeconds = Type.Integer({
  minimum: leaseSecondsMin,
  maximum: leaseSecondsMax,
  description: 'How long the owner may be silent before the process is failed and removed.',
});

export const LeaseBody = Type.Object(
  {
    seconds: LeaseSeconds,
    instance,
  },
  strict,
);

export type Configuration = Static<typeof Configuration>;
export type StateBody = Static<typeof StateBody>;
export type LeaseBody = Static<typeof LeaseBody>;

/** Bytes of what a process says of itself. */
export const reportBytesMax = 16 * 1024;

const params = { fid: FidText };

export const getConfiguration = read({
  path: '/processes/:fid/configuration',
  params,
  access: 'own-or-viewer',
  lent: 'machine',
  tag: 'processes',
  summary: 'The configuration of a process',
  description:
    '`env` is what its environment file holds; systemd and a shell read the same from it. Answers 304 while ' +
    'If-None-Match holds the ETag of what is still current.',
  query: {
    format: Type.Optional(
      Type.Union([Type.Literal('json'), Type.Literal('env'), Type.Literal('yaml')], {
        description: 'Default json.',
      }),
    ),
  },
  reply: Configuration,
  content: {
    'application/json': Configuration,
    'text/plain': Type.String({ description: 'format=env' }),
    'application/yaml': Type.String({ description: 'format=yaml' }),
  },
  tagged: true,
});

export const reportState = command({
  method: 'PUT',
  path: '/processes/:fid/state',
  params,
  repeat: 'as-it-is',
  access: 'own-or-operator',
  lent: 'machine',
  tag: 'processes',
  summary: 'Report the state of an independent process',
  description:
    'For its owner. A report that changes nothing leaves no trace in the log. With `instance`, late reports of older ' +
    'runs are refused.',
  body: StateBody,
  bodyBytesMax: reportBytesMax,
  reply: Done,
});

export const leaseProcess = command({
  method: 'PUT',
  path: '/processes/:fid/lease',
  params,
  repeat: 'as-it-is',
  access: 'own-or-operator',
  lent: 'machine',
  tag: 'processes',
  summary: 'Set or renew the lease of an independent process',
  description:
    'For its owner. A process with a lease that nobody renews in time is failed and removed. Renewing leaves no ' +
    'trace in the log. After a restart of the station every lease is counted from its beginning.',
  body: LeaseBody,
  bodyBytesMax: reportBytesMax,
  reply: Done,
});
