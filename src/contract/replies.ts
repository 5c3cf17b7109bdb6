/** Reply bodies. */

import { Type } from 'typebox';
import type { Static, TArray, TObject, TProperties, TSchema } from 'typebox';
import {
  FidText,
  Fqdn,
  HostState,
  nullable,
  Overrides,
  Ownership,
  ProcessState,
  ProcessType,
  RevisionNumber,
  RoleName,
  Timestamp,
  TokenRole,
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
  created: RevisionNumber,
  changed: RevisionNumber,
});

/** What is done about a host that was lost. */
export const Recovery = Type.Object({
  attempts: Type.Integer({ description: 'Attempts made.' }),
  attempts_max: nullable(
    Type.Integer({ description: 'Attempts after which it is given up; null: it never is.' }),
  ),
  next: nullable(Timestamp),
  given_up: Type.Boolean({ description: 'It stays down until its agent reports.' }),
  doing: nullable(Type.String({ description: 'The step that is being carried out.' })),
  last: Type.String({ description: 'How the last step ended; empty before.' }),
  held: Type.String({
    description:
      'Why no step is taken although there are some left; empty where nothing holds them.',
  }),
});

const Missing = Type.Array(
  Type.Object({
    role: RoleName,
    declared: nullable(
      Type.Integer({
        description: 'Processes that the role gave the host; null: an older log does not tell.',
      }),
    ),
    present: Type.Integer({ description: 'Those that are there and stay.' }),
  }),
  {
    description:
      'Declared roles of which processes were removed; the next load of the facts adds them again.',
  },
);

export const Host = Type.Object({
  fqdn: Fqdn,
  state: HostState,
  reason: Type.String(),
  since: Timestamp,
  node: nullable(FidText),
  address: nullable(Type.String()),
  lnid: nullable(Type.String()),
  memory_mib: nullable(Type.Integer()),
  cpus: nullable(Type.Integer()),
  kernel: nullable(Type.String()),
  boot_id: nullable(Type.String()),
  agent_version: nullable(Type.String()),
  interfaces: Type.Array(Type.Object({ name: Type.String(), address: Type.String() })),
  enclosure: nullable(Type.String()),
  project: nullable(Type.String()),
  roles: Type.Array(Type.Object({ name: RoleName, overrides: Overrides, pending: Type.Boolean() })),
  problem: Type.String({ description: 'Why a declared role waits; empty where none does.' }),
  missing: Missing,
  refused: Type.Array(Type.String(), {
    description: 'Agents of other machines that claimed the name.',
  }),
  recovery: nullable(Recovery),
  processes: Type.Integer({ description: 'How many processes the host has.' }),
  created: RevisionNumber,
  changed: RevisionNumber,
});

export const Node = Type.Object({
  fid: FidText,
  host: Fqdn,
  state: HostState,
  processes: Type.Integer(),
  created: RevisionNumber,
});

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

export const StatusProcess = Type.Object({
  fid: FidText,
  name: Type.String(),
  role: RoleName,
  ownership: Ownership,
  endpoint: Type.String(),
  state: ProcessState,
  reason: Type.String(),
  services: Type.Array(Service),
});

export const StatusHost = Type.Object({
  fqdn: Fqdn,
  state: HostState,
  reason: Type.String(),
  since: Timestamp,
  node: nullable(FidText),
  problem: Type.String(),
  missing: Missing,
  recovery: nullable(Recovery),
  processes: Type.Array(StatusProcess),
});

export const Status = Type.Object({
  revision: RevisionNumber,
  at: Timestamp,
  cluster: nullable(
    Type.String({ description: 'Name of the cluster; null before facts are loaded.' }),
  ),
  wanted: nullable(
    Type.String({ description: 'online or offline; null: it was neither started nor stopped.' }),
  ),
  profile: nullable(Type.Object({ fid: FidText, name: Type.String() })),
  pools: Type.Array(Type.Object({ fid: FidText, name: Type.String() })),
  counts: Type.Object({
    hosts: Type.Record(Type.String(), Type.Integer()),
    processes: Type.Record(Type.String(), Type.Integer()),
  }),
  hosts: Type.Array(StatusHost),
});

export const Problem = Type.Object({
  file: Type.String(),
  line: Type.Integer(),
  column: Type.Integer(),
  path: Type.String(),
  message: Type.String(),
  expected: Type.Optional(Type.String()),
});

export const Done = Type.Object({ revision: RevisionNumber, changed: Type.Boolean() });

const Straggler = Type.Object({
  fid: FidText,
  host: Fqdn,
  name: Type.String(),
  state: Type.String(),
  reason: Type.String(),
});

export const Operation = Type.Object({
  id: Type.Integer({ description: 'Revision of the commit that set it off.' }),
  kind: Type.String({ description: 'start, stop, remove; none where nothing had to be done.' }),
  subject: Type.String({ description: 'cluster, a fid or a host.' }),
  state: Type.Enum(['running', 'succeeded', 'failed', 'cancelled'], {
    description: 'cancelled: somebody wanted the opposite meanwhile.',
  }),
  total: Type.Integer({ description: 'Processes that it is about.' }),
  done: Type.Integer({ description: 'How many of them are where they were wanted, or gone.' }),
  failed: Type.Array(Straggler, {
    description: 'Those that will not get there by themselves; of a removal, those that refuse.',
  }),
  waiting: Type.Array(Straggler, { description: 'The first 100 of the others.' }),
  warnings: Type.Array(Type.String()),
});

/** `changed` is false where the host has as many already, or is on its way there. */
export const Scaled = Type.Object({ ...Done.properties, ...Operation.properties });

export const EventReply = Type.Object({
  id: Type.String({ description: '`<revision>.<index>`.' }),
  type: Type.String(),
  v: Type.Integer(),
  data: Type.Unsafe<unknown>(Type.Any()),
  at: Timestamp,
  actor: Type.String(),
  correlation: Type.String(),
  causation: Type.String({ description: 'The command, or the id of the event that set it off.' }),
  rule: nullable(Type.String()),
});

export const EventPage = Type.Object({
  revision: RevisionNumber,
  events: Type.Array(EventReply),
  next: nullable(RevisionNumber),
});

export const Health = Type.Object({ ok: Type.Boolean() });
export const Readiness = Type.Object({ ok: Type.Boolean(), revision: RevisionNumber });

export const DryRun = Type.Object({
  dry_run: Type.Literal(true),
  revision: RevisionNumber,
  events: Type.Array(
    Type.Object({
      type: Type.String(),
      data: Type.Unsafe<unknown>(Type.Any()),
      rule: nullable(Type.String()),
    }),
  ),
});

export const Why = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  resource: Type.Unsafe<Record<string, unknown>>(Type.Any()),
  steps: Type.Array(
    Type.Object({
      revision: RevisionNumber,
      at: Timestamp,
      actor: Type.String(),
      command: Type.String(),
      correlation: Type.String(),
      events: Type.Array(EventReply),
    }),
    {
      description:
        'The commits behind its present state, oldest first, each with the chain of events that reached it.',
    },
  ),
});

export const Token = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: TokenRole,
  host: nullable(Fqdn),
  process: nullable(FidText),
  expires: nullable(Timestamp),
});
export const IssuedToken = Type.Intersect([
  Token,
  Type.Object({
    token: Type.String({ description: 'The token itself; it is never shown again.' }),
  }),
]);

export const Dump = Type.Object({
  facts: Type.Object({ name: Type.String(), text: Type.String() }),
  roles: Type.Array(Type.Object({ name: Type.String(), text: Type.String() })),
});

export const VarList = Type.Object({
  revision: RevisionNumber,
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      value: Type.Number(),
      default: Type.Number(),
      unit: Type.String(),
      min: Type.Number(),
      max: Type.Number(),
      description: Type.String(),
    }),
  ),
});

const next = nullable(
  Type.String({ description: 'Cursor of the next page; null on the last one.' }),
);

export const page = <S extends TSchema>(item: S): TObject<PageOf<S>> =>
  Type.Object({ revision: RevisionNumber, items: Type.Array(item), next });

export interface PageOf<S extends TSchema> extends TProperties {
  revision: typeof RevisionNumber;
  items: TArray<S>;
  next: typeof next;
}

export const HostPage = page(Host);
export const NodePage = page(Node);
export const ProcessPage = page(Process);
export const TokenPage = page(Token);

/** RFC 9457. */
export const ProblemDetails = Type.Object({
  type: Type.String({ description: 'URI of the error; its last part is the stable code.' }),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.String(),
  instance: Type.Optional(
    Type.String({ description: 'Id of the request, as in the log of the station.' }),
  ),
  errors: Type.Optional(Type.Array(Problem)),
  field: Type.Optional(Type.String()),
});

export type Process = Static<typeof Process>;
export type Recovery = Static<typeof Recovery>;
export type Host = Static<typeof Host>;
export type Node = Static<typeof Node>;
export type Configuration = Static<typeof Configuration>;
export type Added = Static<typeof Added>;
export type Status = Static<typeof Status>;
export type StatusHost = Static<typeof StatusHost>;
export type StatusProcess = Static<typeof StatusProcess>;
export type Done = Static<typeof Done>;
export type EventReply = Static<typeof EventReply>;
export type EventPage = Static<typeof EventPage>;
export type DryRun = Static<typeof DryRun>;
export type Why = Static<typeof Why>;
export type Token = Static<typeof Token>;
export type IssuedToken = Static<typeof IssuedToken>;
export type Operation = Static<typeof Operation>;
export type Scaled = Static<typeof Scaled>;
export type VarList = Static<typeof VarList>;
export type Dump = Static<typeof Dump>;
export type ProblemDetails = Static<typeof ProblemDetails>;
export type Page<T> = { revision: number; items: T[]; next: string | null };
