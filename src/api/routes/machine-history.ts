/** What happened to a machine, and what people wrote down about it. */

import type * as contract from '../../contract/machine-history.ts';
import type { EventRecord } from '../../core/events/commit.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { revision } from '../../core/values/revision.ts';
import type { Turn } from '../../station/fair-use/turns.ts';
import { actorNames } from '../../station/queries/actor-names.ts';
import { machineHistory } from '../../station/queries/machine-history.ts';
import type { Station } from '../../station/station.ts';
import { askerOf, principalOf } from '../asker.ts';
import { isMember } from '../auth.ts';
import type { Handlers } from '../bind.ts';
import { done, run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { machinesOf, machinesToldOf, seesEvent } from '../sight.ts';
import { eventViews } from '../views/events.ts';
import { historyEntry, historyKind } from '../views/history.ts';

const mustBeThere = ({ graph }: Station, fqdn: string): void => {
  if (!graph.get('host', fqdn)) throw new ApiError('unknown-host', `there is no host ${fqdn}`);
};

/** The log tells of one that has left, and has nothing of one that never was. */
const mustHaveBeen = async (station: Station, fqdn: string, turn: Turn): Promise<void> => {
  const { log, index, graph, departed } = station;
  const anything = { fqdn, before: revision(log.head() + 1), limit: 1, since: 0 };
  const found = await machineHistory(
    { log, index, graph, departed },
    { ...anything, accepts: () => true },
    turn,
  );
  if (found.events.length === 0 && found.next === null) mustBeThere(station, fqdn);
};

/** What is gone was on this machine: else it would not be in its history. */
const toldOf = (graph: Graph, fqdn: string, event: EventRecord): readonly string[] => {
  const { fid } = event.data as Readonly<Record<string, unknown>>;
  const isGone = typeof fid === 'string' && machinesOf(graph, event) === undefined;
  return isGone ? [fqdn] : machinesToldOf(graph, event);
};

export const machineHistoryHandlers = (station: Station): Handlers<typeof contract> => ({
  machineHistory: (request, reply) => {
    const { fqdn } = request.params;
    const { since = 0, until = Infinity, kind, limit = 100, cursor } = request.query;
    const { log, index, graph, departed } = station;
    const isThere = graph.get('host', fqdn) !== undefined;
    const kinds = kind === undefined ? undefined : new Set([kind].flat());
    const credential = request.credential!;
    const isHidden = isMember(request);
    return station.longReads.run(askerOf(reply), async (turn) => {
      const last = until >= station.now() ? log.head() : await log.revisionAt(until);
      const found = await machineHistory(
        { log, index, graph, departed },
        {
          ...{ fqdn, limit, since },
          before: revision(Math.min(last + 1, Number(cursor ?? Infinity))),
          accepts: (event, commit) =>
            (!kinds || kinds.has(historyKind(event.type))) &&
            (!isHidden ||
              seesEvent(graph, credential, toldOf(graph, fqdn, event), commit.revision)),
        },
        turn,
      );
      if (!isThere && found.events.length === 0) await mustHaveBeen(station, fqdn, turn);
      const told = found.events.map(({ commit, index: i }) =>
        historyEntry(commit, eventViews(commit, [i])[0]!),
      );
      // Members are told of people as little as the audit tells them.
      const names = await actorNames(
        { log, index, graph },
        isHidden ? [] : told.map(({ by }) => by),
      );
      return {
        revision: log.head(),
        entries: told.map((entry) => ({ ...entry, by_name: names.get(entry.by) ?? null })),
        next: found.next === null ? null : String(found.next),
      };
    });
  },

  listNotes: async (request) => {
    const { fqdn } = request.params;
    mustBeThere(station, fqdn);
    const { log, index, graph } = station;
    const notes = (graph.get('notes', fqdn)?.notes ?? []).toReversed();
    const by = isMember(request) ? [] : notes.map((note) => note.by);
    const names = await actorNames({ log, index, graph }, by);
    return { notes: notes.map((note) => ({ ...note, by_name: names.get(note.by) ?? null })) };
  },

  addNote: (request, reply) => {
    const { fqdn } = request.params;
    const { text } = request.body;
    const by = principalOf(request);
    return run(station, request, reply, { type: 'AddNote', fqdn, text, by }, done);
  },
});
