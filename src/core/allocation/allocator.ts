/**
 * Allocation within one decision: fids, endpoints, range values and shared specs, for any number of
 * processes.
 *
 * It only reads the graph and keeps what it gave out in itself, so that a refusal halfway leaves no
 * trace. The result is a list of events that record every value; replay never allocates.
 */

import { allocatedOf } from '../graph/missing-roles.ts';
import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import { Tally } from '../graph/indexes/adjacency.ts';
import type { HostRow } from '../graph/rows/hosts.ts';
import { parseEndpoint } from '../values/endpoint.ts';
import type { DeclaredRole } from '../values/facts.ts';
import { fid } from '../values/fid.ts';
import type { Fid, FidType } from '../values/fid.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';
import type { ProcessSpec, RenderedTemplate, RenderRole, Variables } from '../values/roles.ts';
import { hostVariables } from './variables.ts';

export class Allocator {
  /** What has been decided so far, in order. */
  readonly events: EventDraft[] = [];
  readonly #graph: Graph;
  readonly #render: RenderRole;
  #lastKey: number;
  #lastSpec: number;
  /** Where the search for the next endpoint of a base, or value of a range, goes on. */
  readonly #cursors = new Map<string, number>();
  /** For each base that has nothing else left, the endpoints that cool, next one last. */
  readonly #cooling = new Map<string, number[]>();
  /** Endpoints, and range values with node and key, given out in this decision. */
  readonly #given = new Set<string>();
  readonly #nodes = new Map<string, Fid>();
  readonly #rolesGiven = new Tally();
  readonly #specs = new Map<string, string>();

  constructor(graph: Graph, render: RenderRole) {
    this.#graph = graph;
    this.#render = render;
    this.#lastKey = graph.get('counter', 'fid')?.value ?? 0;
    this.#lastSpec = graph.get('counter', 'spec')?.value ?? 0;
  }

  fid(type: FidType): Fid {
    this.#lastKey += 1;
    return fid(type, this.#lastKey);
  }

  /**
   * Adds all processes of a role to a host, after the roles it requires; the host becomes a node if
   * it is none yet.
   *
   * @returns why not; then nothing was added
   */
  addRole(host: HostRow, role: DeclaredRole): Refused | null {
    const added = this.#addWhole(host, role, new Map<string, number>());
    return typeof added === 'number' ? null : added;
  }

  /**
   * As `addRole`; of a role that the host was given before only the processes that are gone.
   *
   * @returns how many processes the role gives the host in all, or why not
   */
  addDeclared(host: HostRow, role: DeclaredRole): number | Refused {
    const isAgain = allocatedOf(host, role.name) !== null;
    return this.#addWhole(
      host,
      role,
      isAgain ? this.#present(host, role.name) : new Map<string, number>(),
    );
  }

  /** How many processes of a role stay on a host, by what they are called. */
  #present({ fqdn }: HostRow, role: string): Map<string, number> {
    const present = new Map<string, number>();
    const node = this.#graph.one('runs', fqdn);
    for (const row of node ? this.#graph.many('hosts', node.fid) : []) {
      if (row.role !== role || row.removing) continue;
      const called = calledOf(this.#graph.must('spec', row.spec).spec);
      present.set(called, (present.get(called) ?? 0) + 1);
    }
    return present;
  }

  /** All that is missing of a role, or nothing. */
  #addWhole(
    host: HostRow,
    { name, overrides }: DeclaredRole,
    present: Map<string, number>,
  ): number | Refused {
    const [events, lastKey, lastSpec] = [this.events.length, this.#lastKey, this.#lastSpec];
    const refused = this.#addRole(host, name, overrides, [], present);
    if (typeof refused === 'number') return refused;
    for (const event of this.events.splice(events)) this.#takeBack(event);
    this.#cursors.clear();
    this.#cooling.clear();
    [this.#lastKey, this.#lastSpec] = [lastKey, lastSpec];
    return refused;
  }

  /** What a process of this decision is rendered from. */
  specOf(id: string): ProcessSpec {
    const here = this.events.find((event) => event.type === 'SpecRendered' && event.data.id === id);
    return here?.type === 'SpecRendered' ? here.data.spec : this.#graph.must('spec', id).spec;
  }

  /** @param present processes that are there already and count; it is used up */
  #addRole(
    host: HostRow,
    name: string,
    overrides: Variables,
    chain: string[],
    present = new Map<string, number>(),
  ): number | Refused {
    const role = this.#graph.get('role', name);
    if (!role)
      return reject('unknown-role', unknownRole(this.#graph, name, chain), { subject: name });
    if (chain.includes(name))
      return reject(
        'circular-requires',
        `roles require each other: ${[...chain, name].join(' -> ')}`,
      );

    const node = this.#nodeOf(host);
    if (host.removing || this.#graph.get('node', node)?.removing)
      return reject('being-removed', `${host.fqdn} is being removed`, { subject: host.fqdn });
    for (const required of role.requires) {
      if (this.#has(node, required)) continue;
      const refused = this.#addRole(host, required, {}, [...chain, name]);
      if (typeof refused !== 'number') return refused;
    }
    const rendered = this.#render(role, hostVariables(host), overrides);
    if (!rendered.ok) return refusedTemplate(host, rendered.problem);
    let total = 0;
    for (const template of rendered.templates) {
      const called = calledOf(template.spec);
      const there = Math.min(template.multiplicity, present.get(called) ?? 0);
      present.set(called, (present.get(called) ?? 0) - there);
      total += template.multiplicity;
      const refused = this.#addProcesses(node, name, template, template.multiplicity - there);
      if (refused) return refused;
    }
    return total;
  }

  #addProcesses(
    node: Fid,
    role: string,
    template: RenderedTemplate,
    count: number,
  ): Refused | null {
    if (count === 0) return null;
    const { spec } = template;
    const specId = this.#specId(spec);
    for (let i = 0; i < count; i += 1) {
      const endpoint = this.#endpoint(template.endpoint);
      if (typeof endpoint !== 'string') return endpoint;
      const ranges: Record<string, number> = {};
      for (const [key, [from, to]] of Object.entries(spec.ranges)) {
        const value = this.#rangeValue(node, key, from, to);
        if (typeof value !== 'number') return value;
        ranges[key] = value;
      }
      this.#rolesGiven.link(`${node} ${role}`);
      this.#given.add(this.#meaning(endpoint));
      for (const key in ranges) this.#given.add(`${node} ${key} ${ranges[key]}`);
      const data = { fid: this.fid('process'), node, role, spec: specId, endpoint, ranges };
      const services = spec.services.map(() => this.fid('service'));
      this.events.push({ type: 'ProcessAdded', data: { ...data, services } });
    }
    return null;
  }

  #takeBack({ type, data }: EventDraft): void {
    if (type === 'NodeAdded') this.#nodes.delete(data.host);
    else if (type === 'SpecRendered') this.#specs.delete(JSON.stringify(data.spec));
    else if (type === 'ProcessAdded') {
      this.#rolesGiven.unlink(`${data.node} ${data.role}`);
      this.#given.delete(this.#meaning(data.endpoint));
      for (const key in data.ranges) this.#given.delete(`${data.node} ${key} ${data.ranges[key]}`);
    }
  }

  #nodeOf(host: HostRow): Fid {
    const present = this.#graph.one('runs', host.fqdn)?.fid ?? this.#nodes.get(host.fqdn);
    if (present) return present;
    const added = this.fid('node');
    this.#nodes.set(host.fqdn, added);
    this.events.push({ type: 'NodeAdded', data: { fid: added, host: host.fqdn } });
    return added;
  }

  #has(node: Fid, role: string): boolean {
    return (
      this.#rolesGiven.count(`${node} ${role}`) +
        this.#graph.indexes.rolesOnNodes.count(node, role) >
      0
    );
  }

  #specId(spec: ProcessSpec): string {
    const content = JSON.stringify(spec);
    const present = this.#graph.indexes.specs.idOf(content) ?? this.#specs.get(content);
    if (present) return present;
    this.#lastSpec += 1;
    const id = `s${this.#lastSpec}`;
    this.#specs.set(content, id);
    this.events.push({ type: 'SpecRendered', data: { id, spec } });
    return id;
  }

  /**
   * The endpoint asked for, or the next one up that no process of the cluster has or had lately. Where
   * there is none, the one that has been free longest.
   */
  #endpoint(base: string): string | Refused {
    const parsed = parseEndpoint(base);
    if (!parsed)
      return reject('template-error', `${base} is not an endpoint`, { subject: 'endpoint' });
    const { prefix, last, max } = parsed;
    const { endpoints } = this.#graph.indexes;
    const value = this.#lowest(endpoints.meaningOf(prefix), last, (from) =>
      endpoints.lowestFree(prefix, from, max),
    );
    if (value >= 0) return `${prefix}${value}`;
    const cooling = this.#longestFree(prefix, last, max);
    if (cooling !== undefined) return `${prefix}${cooling}`;
    const message = `every endpoint from ${base} up to ${prefix}${max} is taken`;
    return reject('no-free-endpoint', message, { subject: base });
  }

  /** An endpoint as those given out are compared. */
  #meaning(endpoint: string): string {
    const at = endpoint.lastIndexOf(':') + 1;
    return this.#graph.indexes.endpoints.meaningOf(endpoint.slice(0, at)) + endpoint.slice(at);
  }

  #longestFree(prefix: string, from: number, max: number): number | undefined {
    const meaning = this.#graph.indexes.endpoints.meaningOf(prefix);
    const base = `${meaning}${from}`;
    let cooling = this.#cooling.get(base);
    if (!cooling) {
      cooling = this.#graph.indexes.endpoints.longestFree(prefix, from, max).reverse();
      this.#cooling.set(base, cooling);
    }
    let value = cooling.pop();
    while (value !== undefined && this.#given.has(`${meaning}${value}`)) value = cooling.pop();
    return value;
  }

  /** The lowest value of a range that is unused on the node. */
  #rangeValue(node: Fid, key: string, from: number, to: number): number | Refused {
    const value = this.#lowest(`${node} ${key} `, from, (start) =>
      this.#graph.indexes.ranges.lowestFree(node, key, start, to),
    );
    if (value >= 0) return value;
    const message = `${key} has no value left in ${from}..${to} on node ${node}`;
    return reject('environment-range-exhausted', message, { subject: key });
  }

  /**
   * The lowest number that is free in the graph and was not given out here under a name; -1 where
   * there is none.
   */
  #lowest(name: string, start: number, lowestFree: (from: number) => number): number {
    const cursor = `${name}${start}`;
    let value = lowestFree(this.#cursors.get(cursor) ?? start);
    while (value >= 0 && this.#given.has(`${name}${value}`)) value = lowestFree(value + 1);
    if (value >= 0) this.#cursors.set(cursor, value + 1);
    return value;
  }
}

/** What tells the templates of a role apart, whatever else of them has changed. */
const calledOf = ({ unit, name }: ProcessSpec): string => `${unit} ${name}`;

const unknownRole = (graph: Graph, name: string, chain: readonly string[]): string => {
  const asker = chain.at(-1);
  const known = [...graph.all('role')].map((role) => role.name).sort();
  const list = known.length > 0 ? `; there are ${known.join(', ')}` : '; no roles are loaded';
  return asker
    ? `role ${asker} requires ${name}, which is not defined`
    : `there is no role ${name}${list}`;
};

const refusedTemplate = (
  host: HostRow,
  {
    code,
    message,
    file,
    line,
    name,
  }: {
    code: Refused['rejection']['code'];
    message: string;
    file: string;
    line: number;
    name?: string;
  },
): Refused => {
  let hint = '';
  if (code === 'unknown-variable' && !host.facts)
    hint = ` ${host.fqdn} has not reported yet, so only declared variables are known.`;
  else if (code === 'template-error') hint = ` It was rendered for ${host.fqdn}.`;
  return reject(code, `${message}${hint}`, {
    source: { file, line },
    ...(name === undefined ? {} : { subject: name }),
  });
};
