/**
 * What a load would do, told as differences of what is declared and of the processes that follow from
 * it. It is read from the very events that the load would append.
 */

import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import { clusterPolicy } from '../graph/rows/hosts.ts';
import type { Fid } from '../values/fid.ts';
import { defaultVars, isVarName } from '../values/vars.ts';
import { missingRoles } from '../graph/missing-roles.ts';

export interface FieldChange {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface PlannedChange {
  readonly action: 'add' | 'change' | 'remove';
  readonly kind: string;
  readonly name: string;
  readonly fields: readonly FieldChange[];
}

type Fields = Readonly<Record<string, unknown>>;

/** @param graph as it is before the events */
export const planOf = (graph: Graph, events: readonly EventDraft[]): PlannedChange[] => {
  const changes = new Map<string, PlannedChange>();
  const names = newNames(events);
  for (const event of events) {
    const change = changeOf(graph, event, names);
    const id = change && `${change.kind} ${change.name}`;
    if (change && id && !changes.has(id)) changes.set(id, change);
  }
  return [...changes.values()];
};

/** Hosts of new nodes and names of new pools, by fid. */
type NewNames = ReadonlyMap<Fid, string>;

const newNames = (events: readonly EventDraft[]): NewNames => {
  const names = new Map<Fid, string>();
  for (const { type, data } of events) {
    if (type === 'NodeAdded') names.set(data.fid, data.host);
    if (type === 'PoolDeclared') names.set(data.fid, data.name);
  }
  return names;
};

const changeOf = (graph: Graph, event: EventDraft, names: NewNames): PlannedChange | null => {
  const { type, data } = event;
  switch (type) {
    case 'ClusterNamed': {
      const [row] = graph.all('cluster');
      const after = row ? { name: data.name } : {};
      return difference('cluster', data.name, row && { name: row.name }, after);
    }
    case 'EnclosureDeclared': {
      const row = graph.get('enclosure', data.name);
      const after = { rack: `${data.site}/${data.rack}` };
      return difference('enclosure', data.name, row && { rack: row.rack }, after);
    }
    case 'ProjectDeclared':
      return difference('project', data.name, undefined, {});
    case 'PoolDeclared': {
      const { fid, name, ...after } = data;
      return difference('pool', name, rowFields(graph.get('pool', fid), after), after);
    }
    case 'ProfileDeclared': {
      const row = graph.get('profile', data.fid);
      const before = row && { pools: poolNames(graph, row.pools, names) };
      const after = { pools: poolNames(graph, data.pools, names) };
      return difference('profile', data.name, before, after);
    }
    case 'VarSet': {
      const value = valueOf(graph, data.name);
      return difference('var', data.name, { value }, { value: data.value });
    }
    case 'RoleDefined': {
      // Where a role was read from is kept for messages; it is nothing that would have to be agreed to.
      const { name, format, text, requires } = data;
      const after = { format, text, requires };
      const change = difference('role', name, rowFields(graph.get('role', name), after), after);
      return change.action === 'change' && change.fields.length === 0 ? null : change;
    }
    case 'HostDeclared': {
      const { fqdn, declared, ...after } = data;
      const row = graph.get('host', fqdn);
      const before = row?.declared === declared || !row ? {} : { declared: row.declared ?? false };
      const fields = { ...after, ...(row && { declared }) };
      return difference(
        'host',
        fqdn,
        row && { ...rowFields(row, after), declared, ...before },
        fields,
      );
    }
    case 'DeclaredRoleWanted': {
      const { fqdn, role } = data;
      const host = graph.get('host', fqdn);
      const missing = host && missingRoles(graph, host).find((one) => one.role === role);
      const after = { declared: missing?.declared ?? null, present: missing?.present ?? 0 };
      return difference('missing role', `${role} of ${fqdn}`, undefined, after);
    }
    case 'ObmDeclared': {
      const { host, ...after } = data;
      return difference('obm', host, rowFields(graph.get('obm', host), after), after);
    }
    case 'RecoveryPolicyDeclared': {
      const { fqdn, steps } = data;
      const name = fqdn ?? clusterPolicy;
      const row = graph.get('policy', name);
      const before = row && { steps: row.steps };
      return steps
        ? difference('recovery', name, before, { steps })
        : removal('recovery', name, before ?? {});
    }
    case 'NodeAdded':
      return difference('node', data.fid, undefined, { host: data.host });
    case 'ProcessAdded': {
      const { fid, node, role, endpoint } = data;
      const host = graph.get('node', node)?.host ?? names.get(node);
      return difference('process', fid, undefined, { host, role, endpoint });
    }
    case 'ProcessRemoved':
    case 'ProcessRemovalOrdered':
      return processRemoval(graph, data.fid);
    case 'NodeRemoved':
    case 'NodeRemovalOrdered': {
      const row = graph.get('node', data.fid);
      return removal('node', data.fid, row ? { host: row.host } : {});
    }
    case 'HostRemoved':
    case 'HostRemovalOrdered':
      return removal('host', data.fqdn, {});
    case 'DeclarationWithdrawn': {
      const { kind, name } = data;
      if (kind !== 'var') return removal(kind, name, {});
      const after = isVarName(name) ? defaultVars[name] : null;
      const fields = [{ name: 'value', before: valueOf(graph, name), after }];
      return { action: 'remove', kind, name, fields };
    }
    default:
      return null;
  }
};

const valueOf = (graph: Graph, name: string): number | null =>
  graph.get('var', name)?.value ?? (isVarName(name) ? defaultVars[name] : null);

const rowFields = (row: object | undefined, like: object): Fields | undefined =>
  row &&
  Object.fromEntries(
    Object.keys(like).map((name) => [name, (row as unknown as Record<string, unknown>)[name]]),
  );

const isEmpty = (value: unknown): boolean =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);

/** `before` is undefined for what is not there yet: then fields that say nothing are left out. */
const difference = (
  kind: string,
  name: string,
  before: Fields | undefined,
  after: Fields,
): PlannedChange => ({
  action: before ? 'change' : 'add',
  kind,
  name,
  fields: Object.keys(after)
    .map((field) => ({ name: field, before: before?.[field] ?? null, after: after[field] }))
    .filter((field) =>
      before
        ? JSON.stringify(field.before) !== JSON.stringify(field.after ?? null)
        : !isEmpty(field.after),
    ),
});

const removal = (kind: string, name: string, before: Fields): PlannedChange => ({
  action: 'remove',
  kind,
  name,
  fields: Object.entries(before).map(([field, value]) => ({
    name: field,
    before: value,
    after: null,
  })),
});

const processRemoval = (graph: Graph, fid: Fid): PlannedChange | null => {
  const row = graph.get('process', fid);
  if (!row) return null;
  const { host } = graph.must('node', row.node);
  return removal('process', fid, {
    host,
    role: row.role,
    endpoint: row.endpoint,
    state: row.state,
  });
};

const poolNames = (graph: Graph, fids: readonly Fid[], names: NewNames): (string | undefined)[] =>
  fids.map((fid) => graph.get('pool', fid)?.name ?? names.get(fid));
