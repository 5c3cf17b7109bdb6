/** Consoles of machines: rights to them, for a while, at the OBM daemons that have them. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { connectionIdPattern, consoleModes, consolePurposes } from '../core/values/consoles.ts';
import { ask, command } from './endpoint.ts';
import { Done } from './outcome.ts';
import { Fqdn, nullable, strict, Timestamp } from './values.ts';

const ConnectionId = Type.String({
  pattern: connectionIdPattern,
  description: 'Of the connection, as the OBM daemon calls it in its own events.',
});

const ConsoleMode = Type.Enum([...consoleModes], {
  description: '`read-write`: may type, too; for whoever may operate the machine.',
});

const ConsolePurpose = Type.Enum([...consolePurposes], {
  description: '`console`: to be at it; `log`: to read what it showed before.',
});

export const ConsoleBody = Type.Object(
  {
    mode: Type.Optional({
      ...ConsoleMode,
      description: '`read-only`, or `read-write`; absent: the most that the token allows.',
    }),
    purpose: Type.Optional({
      ...ConsolePurpose,
      description: '`console`, unless said; `log`: the URL is that of its log.',
    }),
    lasts: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 86_400,
        description:
          'Seconds after which it ends; absent: 3600. It ends no later than the token, and with the right.',
      }),
    ),
  },
  strict,
);

export const OpenedConsole = Type.Object({
  id: ConnectionId,
  host: Fqdn,
  mode: ConsoleMode,
  purpose: ConsolePurpose,
  url: Type.String({
    description:
      'Where the OBM daemon shows it, once: the ticket in it is good for one use within half a minute.',
  }),
  ticket_expires: Timestamp,
  expires: Timestamp,
  ca: nullable(
    Type.String({
      description:
        'PEM certificates by which the OBM daemon is to be believed, besides the well-known ones; null: these do.',
    }),
  ),
});

export const ConsoleConnection = Type.Object({
  id: ConnectionId,
  host: Fqdn,
  token: Type.String({ description: 'Id of the access token that it was made for.' }),
  name: nullable(Type.String({ description: 'What that token is for; null: it is gone.' })),
  mode: ConsoleMode,
  purpose: ConsolePurpose,
  since: Timestamp,
  expires: Timestamp,
  connected: nullable(
    Type.Object(
      {
        source: Type.String({ description: 'Network address.' }),
        since: Timestamp,
      },
      { description: 'Who is at the console by it; null: nobody.' },
    ),
  ),
});

export const ConsoleConnectionList = Type.Object({ connections: Type.Array(ConsoleConnection) });

export type ConsoleBody = Static<typeof ConsoleBody>;
export type OpenedConsole = Static<typeof OpenedConsole>;
export type ConsoleConnection = Static<typeof ConsoleConnection>;
export type ConsoleConnectionList = Static<typeof ConsoleConnectionList>;

const params = { fqdn: Fqdn };

export const openConsole = command({
  method: 'POST',
  path: '/hosts/:fqdn/obm/console',
  params,
  repeat: 'never',
  access: 'viewer',
  lent: 'machine',
  tag: 'obms',
  summary: 'Be let in to the console of a machine, or to its log',
  description:
    'The OBM daemon lets in by the URL, once: as a WebSocket (docs/consoles.md), or as a stream of bytes. It is in the ' +
    'log before this is answered, and it ends with the right of the token. Refused while the OBM is not enabled.',
  body: ConsoleBody,
  reply: OpenedConsole,
  creates: true,
});

export const showConsole = ask({
  answeredBy: 'leader',
  path: '/hosts/:fqdn/obm/console',
  params,
  access: 'viewer',
  lent: 'machine',
  tag: 'obms',
  summary: 'The console of a machine as a stream of bytes',
  description: 'It is with the OBM daemon, for this once, and read-only: `curl -L -N`.',
  reply: Type.Null(),
  seeOther: true,
  stream: true,
});

export const listConsoleConnections = ask({
  answeredBy: 'leader',
  path: '/hosts/:fqdn/obm/console/connections',
  params,
  access: 'viewer',
  lent: 'machine',
  tag: 'obms',
  summary: 'Who may be at the console of a machine now, and is',
  description: 'Of all, for whoever may operate the machine; for others their own.',
  reply: ConsoleConnectionList,
});

export const revokeConsoleConnection = command({
  method: 'DELETE',
  path: '/hosts/:fqdn/obm/console/connections/:id',
  params: { ...params, id: ConnectionId },
  repeat: 'as-it-is',
  access: 'viewer',
  lent: 'machine',
  tag: 'obms',
  summary: 'Put somebody out of the console of a machine',
  description:
    'Whoever is at it by this connection is out once this has been answered. One’s own, or any for whoever may operate ' +
    'the machine. What is over is so already.',
  reply: Done,
});
