/** Groups of machines, and what nodesets mean. */

import type { FastifyReply } from 'fastify';
import type { SourceState } from '../../checks/groups/book.ts';
import type * as contract from '../../contract/groups.ts';
import type { Group, GroupSourceState } from '../../contract/groups.ts';
import { foldInOrder, NodesetError, UnknownGroupError } from '../../nodeset/nodeset.ts';
import type { Groups } from '../../nodeset/nodeset.ts';
import type { Station } from '../../station/station.ts';
import { askerOf } from '../asker.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';

/** Groups that are told at once. */
export const groupsShownMax = 10_000;

/** @throws {ApiError} where a nodeset is none, or names a group that there is not */
export const nodesetRefused = (error: unknown): unknown => {
  if (error instanceof UnknownGroupError) return new ApiError('unknown-group', error.message);
  if (error instanceof NodesetError)
    return new ApiError('invalid-request', error.message, { field: 'nodeset' });
  return error;
};

const sourceView = (station: Station, source: SourceState): GroupSourceState => ({
  name: source.name,
  kind: source.kind,
  groups: source.listing.groups.size,
  read_at: source.readAt,
  age_seconds:
    source.readAt === null ? null : Math.max(0, Math.round((station.now() - source.readAt) / 1000)),
  error: source.error,
  warnings: [...source.listing.warnings],
});

interface Found {
  readonly name: string;
  readonly source: SourceState;
  readonly shadowedBy: string | null;
}

const groupView = (groups: Groups, { name, source, shadowedBy }: Found, expand: boolean): Group => {
  const said = { name, source: source.name, shadowed_by: shadowedBy, read_at: source.readAt };
  try {
    const members = name === '*' ? groups.all(source.name) : groups.members(name, source.name);
    const { nodeset, names } = foldInOrder(members);
    const nodes = expand ? { nodes: [...names] } : {};
    return { ...said, count: names.length, nodeset, error: null, ...nodes };
  } catch (error) {
    if (!(error instanceof NodesetError)) throw error;
    return {
      ...said,
      count: 0,
      nodeset: '',
      error: error.message,
      ...(expand ? { nodes: [] } : {}),
    };
  }
};

const shadows = (sources: readonly SourceState[]): readonly Found[] => {
  const owners = new Map<string, string>();
  return sources.flatMap((source) =>
    [...source.listing.groups.keys()].map((name) => {
      const shadowedBy = owners.get(name) ?? null;
      if (shadowedBy === null) owners.set(name, source.name);
      return { name, source, shadowedBy };
    }),
  );
};

/** @throws {ApiError} `unknown-group` */
const groupOf = (station: Station, name: string, wanted: string | undefined): Group => {
  const { nodesets } = station.groups;
  const { groups } = nodesets;
  try {
    // Says what was meant where there is no such group, or no such source.
    if (name === '*') groups.all(wanted);
    else groups.members(name, wanted);
  } catch (error) {
    if (error instanceof UnknownGroupError) throw nodesetRefused(error);
    if (!(error instanceof NodesetError)) throw error;
  }
  const { sources } = nodesets.book;
  const found =
    name === '*'
      ? { name, source: sources.find((one) => one.name === (wanted ?? 'facts'))!, shadowedBy: null }
      : shadows(sources).find(
          (one) => one.name === name && (wanted === undefined || one.source.name === wanted),
        )!;
  return groupView(groups, found, true);
};

export const groupHandlers = (station: Station): Handlers<typeof contract> => {
  const listed = async (
    reply: FastifyReply,
    wanted: string | undefined,
    expand: boolean,
  ): Promise<contract.GroupList> => {
    const { principal, signal } = askerOf(reply);
    const { nodesets } = station.groups;
    const { sources } = nodesets.book;
    if (wanted !== undefined && !sources.some(({ name }) => name === wanted))
      nodesets.groups.all(wanted);
    const { groups } = nodesets;
    const all = shadows(sources).filter(
      ({ source }) => wanted === undefined || source.name === wanted,
    );
    const turn = await station.turns.begin(principal, signal);
    const items: Group[] = [];
    for (const found of all.slice(0, groupsShownMax)) {
      items.push(groupView(groups, found, expand));
      if (turn.isOver) await turn.next();
    }
    return {
      items,
      more: all.length > groupsShownMax,
      sources: sources
        .filter(({ name }) => wanted === undefined || name === wanted)
        .map((source) => sourceView(station, source)),
    };
  };
  return {
    listGroups: async (request, reply) => {
      const { source, expand = false } = request.query;
      try {
        return await listed(reply, source, expand);
      } catch (error) {
        throw nodesetRefused(error);
      }
    },

    getGroup: (request) => groupOf(station, request.params.name, request.query.source),

    getSubgroup: (request) => {
      const { name, child } = request.params;
      return groupOf(station, `${name}/${child}`, request.query.source);
    },

    resolveNodeset: (request) => {
      try {
        const { hosts, unmatched } = station.groups.nodesets.resolve(request.query.nodeset);
        const { nodeset, names } = foldInOrder(hosts);
        return { count: names.length, nodeset, nodes: [...names], unmatched: [...unmatched] };
      } catch (error) {
        throw nodesetRefused(error);
      }
    },
  };
};
