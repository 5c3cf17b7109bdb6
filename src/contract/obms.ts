/** Out-of-band managers of machines: with which OBM daemon they are, and whether they may be used. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { observedPowers } from '../core/values/obm-news.ts';
import {
  bootDevices,
  obmLabelPattern,
  obmStates,
  powerActions,
  refreshable,
  waitUpMax,
} from '../core/values/obm.ts';
import { beginWithinMax, beginWithinUsual } from '../core/values/queues.ts';
import { ask, command, order, read } from './endpoint.ts';
import { age, atOnce, maxAge } from './obm-ages.ts';
import { Operation } from './operations.ts';
import { Done } from './outcome.ts';
import { page } from './page.ts';
import { paging } from './parameters.ts';
import { Fqdn, nullable, ProjectName, strict, Timestamp } from './values.ts';

export const ObmState = Type.Unsafe<(typeof obmStates)[number]>(
  Type.Enum([...obmStates], {
    description:
      'Whether whoever has the machine may use its OBM. `enabling`: a token was asked for, and it is not known what ' +
      'came of it; enable or disable it again.',
  }),
);

export const Obm = Type.Object({
  host: Fqdn,
  project: nullable(ProjectName),
  state: ObmState,
  since: Timestamp,
  epoch: Type.Integer({ description: 'Revision of the commit that last changed who may use it.' }),
  power: nullable(
    Type.Object(
      { state: Type.Enum([...observedPowers]), since: Timestamp },
      {
        description:
          'What the OBM daemon told last of the power of the machine, and when it saw that; null: it is not known, ' +
          'which is never off. `GET …/obm/power` asks the daemon.',
      },
    ),
  ),
  trouble: nullable(
    Type.Object(
      { reason: Type.String(), since: Timestamp },
      { description: 'Why the OBM cannot be reached; null: it can, as far as is known.' },
    ),
  ),
  obmd: nullable(
    Type.String({ description: 'Base URL of the OBM daemon that has it; members are not told.' }),
  ),
  label: nullable(Type.String({ description: 'What it is called there; members are not told.' })),
});

export const ObmPage = page(Obm);

export const ObmBody = Type.Object(
  {
    obmd: Type.String({
      minLength: 1,
      maxLength: 512,
      description: 'Base URL of the OBM daemon: https, or http where nobody else can listen in.',
      examples: ['https://obmd.example:7410'],
    }),
    admin_token: Type.String({
      minLength: 1,
      maxLength: 256,
      pattern: '^[\\x21-\\x7e]+$',
      description: 'Token of the administrator of the daemon. The station keeps it, encrypted.',
    }),
    label: Type.Optional(
      Type.String({
        pattern: obmLabelPattern,
        description: 'What the OBM is called there; absent: as the host.',
      }),
    ),
    type: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'Its kind, with `info`; absent: the daemon has it already.',
        examples: ['ipmi'],
      }),
    ),
    info: Type.Optional(
      Type.Record(Type.String({ maxLength: 64 }), Type.Unsafe<unknown>(Type.Any()), {
        description:
          'How the daemon reaches it, credentials included; see docs/obm-drivers.md. Only the daemon keeps it.',
        examples: [{ addr: '10.1.0.1', user: 'oper', pass: '…' }],
      }),
    ),
    declared: Type.Optional(
      Type.Boolean({
        description:
          'It is what facts declare (`obm:` of the host, or `enc_bmc` of its enclosure), with the credentials that the ' +
          'station has of them; without `type` and `info`.',
      }),
    ),
    plain: Type.Optional(
      Type.Boolean({ description: 'Take an http URL although others may listen in.' }),
    ),
  },
  strict,
);

/** For how long what is ordered may wait for its turn. */
export const beginWithin = {
  begin_within: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: beginWithinMax,
      description:
        `It fails where it does not have its turn within so many seconds; absent: ${beginWithinUsual}. What is ordered of ` +
        'a machine waits until all that was ordered before has ended.',
    }),
  ),
};

export const PowerBody = Type.Object(
  {
    action: Type.Enum([...powerActions], {
      description:
        '`on`, `off`: at once, and nothing where the machine is so already; `soft`: asks the operating system, which may ' +
        'ignore it; `cycle`: off and on again; `reset`: starts again without losing power; `diagnostic-interrupt`: makes ' +
        'the operating system dump its memory.',
    }),
    wait_up: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: waitUpMax,
        description:
          'Of `on`, `cycle` and `reset`: the operation is over when the agent of the host reports that it has started ' +
          'anew, or has failed so many seconds after the order was sent. Absent: it is over when the order was carried out.',
      }),
    ),
    ...beginWithin,
  },
  strict,
);

export const BootDeviceBody = Type.Object(
  {
    device: Type.Enum([...bootDevices], {
      description: '`none`: what the machine itself would start from.',
    }),
    persistent: Type.Optional(
      Type.Boolean({ description: 'For every start; absent: for the next only.' }),
    ),
    ...beginWithin,
  },
  strict,
);

export const LightBody = Type.Object(
  {
    light: Type.Union([
      Type.Integer({ minimum: 1, maximum: 255, description: 'For so many seconds.' }),
      Type.Enum(['on', 'off']),
    ]),
    ...beginWithin,
  },
  strict,
);

export const RefreshBody = Type.Object(
  {
    what: Type.Optional(
      Type.Array(Type.Enum([...refreshable]), {
        minItems: 1,
        maxItems: refreshable.length,
        uniqueItems: true,
        description: 'What is looked at; absent: power and identity.',
      }),
    ),
  },
  strict,
);

export const Power = Type.Object({
  host: Fqdn,
  state: Type.String({
    description: 'on, off, powering-on, powering-off, paused; `unknown` is never off.',
  }),
  since: nullable({ ...Timestamp, description: 'Since when, as far as it was seen.' }),
  ...age,
  orders: Type.Integer({ description: 'How many orders the OBM daemon has under way.' }),
});

export type PowerBody = Static<typeof PowerBody>;
export type BootDeviceBody = Static<typeof BootDeviceBody>;
export type LightBody = Static<typeof LightBody>;
export type RefreshBody = Static<typeof RefreshBody>;
export type Power = Static<typeof Power>;
export type ObmState = Static<typeof ObmState>;
export type Obm = Static<typeof Obm>;
export type ObmBody = Static<typeof ObmBody>;

const params = { fqdn: Fqdn };

export const listObms = read({
  path: '/obms',
  access: 'viewer',
  lent: 'shown',
  tag: 'obms',
  summary: 'OBMs that are registered',
  query: paging,
  reply: ObmPage,
});

export const getObm = read({
  path: '/hosts/:fqdn/obm',
  params,
  access: 'viewer',
  lent: 'machine',
  tag: 'obms',
  summary: 'The OBM of a machine',
  reply: Obm,
});

export const registerObm = command({
  method: 'PUT',
  path: '/hosts/:fqdn/obm',
  params,
  repeat: 'as-it-is',
  access: 'admin',
  tag: 'obms',
  summary: 'Register the OBM of a machine with an OBM daemon',
  description:
    'The daemon has it, or refuses it, before this is answered. Sent again, it puts right what an earlier request left ' +
    'half-way, and renews the token of the administrator. Other settings of what is registered are refused; unregister first.',
  body: ObmBody,
  bodyBytesMax: 64 * 1024,
  reply: Done,
  creates: true,
});

export const unregisterObm = command({
  method: 'DELETE',
  path: '/hosts/:fqdn/obm',
  params,
  access: 'admin',
  tag: 'obms',
  summary: 'Unregister the OBM of a machine',
  description: 'Refused while it is enabled. What is not registered is done already.',
  reply: Done,
});

export const enableObm = command({
  method: 'POST',
  path: '/hosts/:fqdn/obm/enable',
  params,
  repeat: 'as-it-is',
  access: 'operator',
  lent: 'machine',
  tag: 'obms',
  summary: 'Let whoever has a machine use its OBM',
  description:
    'The station gets a token of it from the daemon. Where one is good already nothing happens, and nobody is cut off; ' +
    'where it is not, this puts it right.',
  reply: Done,
});

export const reissueObm = command({
  method: 'POST',
  path: '/hosts/:fqdn/obm/reissue',
  params,
  access: 'operator',
  lent: 'machine',
  tag: 'obms',
  summary: 'Enable the OBM of a machine with another token',
  description: 'Whoever came in by the token before is out.',
  reply: Done,
});

export const disableObm = command({
  method: 'POST',
  path: '/hosts/:fqdn/obm/disable',
  params,
  repeat: 'as-it-is',
  access: 'operator',
  lent: 'machine',
  tag: 'obms',
  summary: 'Let nobody use the OBM of a machine any more',
  description:
    'No token of it is good, and nobody is in by one, once this has been answered. What is disabled is done already.',
  reply: Done,
});

const onceOnly =
  'Its beginning is in the log before anything is sent, and it is sent once, whatever ends in between: what became of ' +
  'it is read from the machine then, or said to be unknown. What is ordered of a machine that is busy waits (`queued`), ' +
  'also for a reinstall; what is the same as what waits last is that operation. Refused while the OBM is not enabled.';

export const powerObm = order({
  method: 'POST',
  path: '/hosts/:fqdn/obm/power',
  params,
  access: 'operator',
  lent: 'machine',
  tag: 'obms',
  summary: 'Switch a machine on or off, or start it again',
  description: onceOnly,
  body: PowerBody,
  reply: Operation,
});

export const setBootDevice = order({
  method: 'PUT',
  path: '/hosts/:fqdn/obm/boot-device',
  params,
  access: 'operator',
  lent: 'machine',
  tag: 'obms',
  summary: 'Say what a machine starts from',
  description: onceOnly,
  body: BootDeviceBody,
  reply: Operation,
});

export const setLight = order({
  method: 'PUT',
  path: '/hosts/:fqdn/obm/light',
  params,
  access: 'operator',
  lent: 'machine',
  tag: 'obms',
  summary: 'Light the lamp that identifies a machine',
  description: onceOnly,
  body: LightBody,
  reply: Operation,
});

export const refreshObm = order({
  method: 'POST',
  path: '/hosts/:fqdn/obm/refresh',
  params,
  access: 'operator',
  lent: 'machine',
  tag: 'obms',
  summary: 'Have a machine looked at again by its OBM',
  description:
    'However many ask, it is looked at once: whoever asks while a look is under way follows that one, and so does who ' +
    'asks within `obm_refresh_interval` (vars) after it. It changes nothing of the machine, and no order waits for it. ' +
    'Refused while the OBM is not enabled.',
  body: RefreshBody,
  reply: Operation,
});

export const getPower = ask({
  answeredBy: 'leader',
  path: '/hosts/:fqdn/obm/power',
  params,
  access: 'viewer',
  lent: 'machine',
  tag: 'obms',
  summary: 'The power of a machine as it was seen last',
  description: atOnce,
  query: maxAge,
  reply: Power,
  patient: true,
});
