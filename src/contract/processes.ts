/** Processes. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { action, command, read } from './endpoint.ts';
import { Operation, Scaled } from './operations.ts';
import { Done } from './outcome.ts';
import { Configuration, LeaseSeconds } from './owned.ts';
import { page } from './page.ts';
import { paging } from './parameters.ts';
import {
  FidText,
  Fqdn,
  nullable,
  Overrides,
  Ownership,
  ProcessState,
  ProcessType,
  RevisionNumber,
  RoleName,
  strict,
  Timestamp,
} from './values.ts';

export const Service = Type.Object({
  fid: FidText,
  type: Type.String(),
  state: ProcessState,
});

export const Process = Type.Object({
  fid: FidText,
  node: FidText,
  host: Fqdn,
  role: RoleName,
  name: Type.String(),
  type: ProcessType,
  ownership: Ownership,
  boot_level: Type.Integer(),
  wanted: nullable(Type.String({ description: 'online or offline; null: nobody has said.' })),
  generation: Type.Integer({ description: 'Counts the orders to start it.' }),
  attempt: Type.Integer({ description: 'Attempts since it was last wanted or stable.' }),
  pid: nullable(Type.Integer()),
  lease: nullable(
    Type.Integer({ description: 'Seconds for which its owner may be silent; null: for ever.' }),
  ),
  instance: nullable(
    Type.String({ description: 'The present run of it; null: none has named itself.' }),
  ),
  since: Timestamp,
  endpoint: Type.String(),
  state: ProcessState,
  reason: Type.String({
    description: 'Why it is in that state; empty where there is nothing to say.',
  }),
  services: Type.Array(Service),
  ranges: Type.Array(
    Type.Object({
      name: Type.String(),
      value: Type.Integer(),
      from: Type.Integer(),
      to: Type.Integer(),
    }),
    { description: 'Of each environment range of its role, the value that it has been given.' },
  ),
  created: RevisionNumber,
  changed: RevisionNumber,
});

export const ProcessPage = page(Process);

export const OverrideBody = Type.Object(
  { state: ProcessState, reason: Type.String({ minLength: 1, maxLength: 1024 }) },
  strict,
);

export const ScaleBody = Type.Object(
  {
    role: RoleName,
    to: Type.Integer({ minimum: 0, maximum: 10_000 }),
    overrides: Type.Optional(Overrides),
  },
  strict,
);

export const TokensWanted = Type.Optional(
  Type.Boolean({
    default: false,
    description:
      'Whether to return, for each process, a token that may read only its configuration.',
  }),
);

export const ProcessBody = Type.Object(
  {
    host: Fqdn,
    role: RoleName,
    overrides: Type.Optional(Overrides),
    tokens: TokensWanted,
    lease: Type.Optional(LeaseSeconds),
  },
  strict,
);

/** A process just added, with a token where one was asked for. */
export const AddedProcess = Type.Intersect([
  Configuration,
  Type.Object({ token: Type.Optional(Type.String()) }),
]);

export const Added = Type.Object({
  revision: RevisionNumber,
  node: FidText,
  processes: Type.Array(AddedProcess, {
    description: 'Every process added, required ones first, in the order of allocation.',
  }),
});

export type Process = Static<typeof Process>;
export type OverrideBody = Static<typeof OverrideBody>;
export type ScaleBody = Static<typeof ScaleBody>;
export type ProcessBody = Static<typeof ProcessBody>;
export type Added = Static<typeof Added>;

const params = { fid: FidText };

export const listProcesses = read({
  path: '/processes',
  access: 'viewer',
  lent: 'shown',
  tag: 'processes',
  summary: 'Processes',
  query: {
    ...paging,
    host: Type.Optional(Type.String({ description: 'Only processes of this host.' })),
    node: Type.Optional({ ...FidText, description: 'Only processes of this node.' }),
    role: Type.Optional(Type.String({ description: 'Only processes of this role.' })),
    state: Type.Optional({ ...ProcessState, description: 'Only processes in this state.' }),
  },
  reply: ProcessPage,
});

export const getProcess = read({
  path: '/processes/:fid',
  params,
  access: 'own-or-viewer',
  lent: 'machine',
  tag: 'processes',
  summary: 'One process',
  reply: Process,
});

export const addProcess = command({
  method: 'POST',
  path: '/processes',
  access: 'operator',
  lent: 'machine',
  tag: 'processes',
  summary: 'Add the processes of a role to a host',
  description:
    'As many as the role says, in one commit, all of them or none. Answers with the configuration of every ' +
    'process added, the ones that the role requires included. With `lease` the processes of the role, which must be ' +
    'independent, are under a lease from the first moment.',
  body: ProcessBody,
  reply: Added,
  creates: true,
});

export const scale = action({
  method: 'POST',
  path: '/hosts/:fqdn/scale',
  params: { fqdn: Fqdn },
  access: 'operator',
  lent: 'machine',
  tag: 'processes',
  summary: 'Change how many processes of a role a host has',
  description: 'Adds what is missing, or removes the youngest; a removal takes time.',
  body: ScaleBody,
  reply: Scaled,
});

export const startProcess = action({
  method: 'POST',
  path: '/processes/:fid/start',
  params,
  access: 'operator',
  lent: 'machine',
  tag: 'processes',
  summary: 'Start a managed process',
  reply: Operation,
});

export const stopProcess = action({
  method: 'POST',
  path: '/processes/:fid/stop',
  params,
  access: 'operator',
  lent: 'machine',
  tag: 'processes',
  summary: 'Stop a managed process',
  reply: Operation,
});

export const restartProcess = action({
  method: 'POST',
  path: '/processes/:fid/restart',
  params,
  access: 'operator',
  lent: 'machine',
  tag: 'processes',
  summary: 'Stop a managed process, if it runs, and start it',
  reply: Operation,
});

export const removeProcess = action({
  method: 'DELETE',
  path: '/processes/:fid',
  params,
  access: 'operator',
  lent: 'machine',
  tag: 'processes',
  summary: 'Remove a process',
  description:
    'A managed one is stopped first; an independent one is refused while it runs. ' +
    'Its endpoint is free again when it has cooled down, its fid never is.',
  reply: Operation,
});

export const overrideState = command({
  method: 'PUT',
  path: '/processes/:fid/override',
  params,
  access: 'admin',
  tag: 'processes',
  summary: "Set a process's state by hand",
  description: 'For an operator who knows better; recorded with who did it and why.',
  body: OverrideBody,
  reply: Done,
});
