/** What the events of procedures change in the graph. */

import type { procedureEvents } from '../../events/procedures.ts';
import { proceduresKeptMax } from '../../values/procedures.ts';
import { revision as revisionOf } from '../../values/revision.ts';
import { clearDeadline, made, setDeadline } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import { isOver, procedureId } from '../rows/procedures.ts';
import type { ProcedureRow, StageNote } from '../rows/procedures.ts';

const forget = (graph: Graph, id: string): void => {
  graph.remove('procedure', id);
  clearDeadline(graph, 'queue-expiry', id);
  clearDeadline(graph, 'stage-expiry', id);
};

/** Those of a host that is gone. */
export const forgetProcedures = (graph: Graph, fqdn: string): void => {
  for (const { id } of [...graph.many('undergoes', fqdn)]) forget(graph, id);
};

/** The oldest of those that have ended go until as many are left as are kept. */
const keepLatest = (graph: Graph, fqdn: string): void => {
  const ended = [...graph.many('undergoes', fqdn)].filter(isOver);
  const surplus = Math.max(0, ended.length - proceduresKeptMax);
  for (const { id } of ended.sort((a, b) => a.created - b.created).slice(0, surplus))
    forget(graph, id);
};

interface Named {
  readonly fqdn: string;
  readonly ordered: number;
}

const change = (
  graph: Graph,
  { fqdn, ordered }: Named,
  { revision }: Position,
  changed: (row: ProcedureRow) => Partial<ProcedureRow>,
): ProcedureRow | undefined => {
  const row = [...graph.many('undergoes', fqdn)].find(({ created }) => created === ordered);
  if (!row) return undefined;
  const after = { ...row, ...changed(row), changed: revision };
  graph.put('procedure', after);
  return after;
};

/** The last stage, otherwise. */
const changeStage = (
  { stages }: ProcedureRow,
  changed: (last: StageNote) => Partial<StageNote>,
): Pick<ProcedureRow, 'stages'> => ({
  stages: stages.map((one, i) => (i === stages.length - 1 ? { ...one, ...changed(one) } : one)),
});

export const procedureEvolvers: Evolvers<typeof procedureEvents> = {
  ProcedureOrdered: (graph, { fqdn: host, plan, epoch, by, begin_by: beginBy }, position) => {
    const id = procedureId(position.revision, host);
    graph.put('procedure', {
      ...{ id, host, plan, by: by === null ? [] : [by], epoch: revisionOf(epoch), beginBy },
      ...{ state: 'queued', detail: '', since: position.at, begun: null, before: null },
      ...{ stages: [], cancelled: null, ...made(position) },
    });
    setDeadline(graph, 'queue-expiry', id, beginBy, position);
  },

  ProcedureJoined: (graph, data, position) => {
    const { by } = data;
    if (by !== null) change(graph, data, position, (row) => ({ by: [...row.by, by] }));
  },

  ProcedureBegun: (graph, data, position) => {
    const { cpus, memory_mib: memoryMib, restart } = data;
    const boot = graph.must('host', data.fqdn).facts?.boot_id ?? '';
    const row = change(graph, data, position, ({ plan }) => ({
      ...{ state: 'running', since: position.at, begun: position.at },
      before: { cpus, memoryMib, restart },
      ...(plan.kind === 'reboot' && boot !== '' ? { boot } : {}),
    }));
    if (row) clearDeadline(graph, 'queue-expiry', row.id);
  },

  ProcedureStageBegun: (graph, data, position) => {
    const { stage: name, until, act } = data;
    const row = change(graph, data, position, ({ stages }) => ({
      stages: [
        ...stages,
        {
          ...{ name, begun: position.revision, state: 'running', since: position.at, until },
          ...{
            ended: null,
            detail: '',
            ...(act === null ? {} : { act: { name: act, end: null } }),
          },
        },
      ],
    }));
    if (row) setDeadline(graph, 'stage-expiry', row.id, until, position);
  },

  ProcedureActEnded: (graph, data, position) => {
    const { outcome, detail } = data;
    change(graph, data, position, (row) =>
      changeStage(row, ({ act }) => (act ? { act: { ...act, end: { outcome, detail } } } : {})),
    );
  },

  ProcedureStageEnded: (graph, data, position) => {
    const { outcome: state, detail } = data;
    const row = change(graph, data, position, (before) =>
      changeStage(before, () => ({ state, detail, ended: position.at })),
    );
    if (row) clearDeadline(graph, 'stage-expiry', row.id);
  },

  ProcedureCancelAsked: (graph, data, position) => {
    change(graph, data, position, () => ({ cancelled: data.by ?? 'station' }));
  },

  ProcedureEnded: (graph, data, position) => {
    const { outcome: state, detail } = data;
    const row = change(graph, data, position, () => ({ state, detail, since: position.at }));
    if (row)
      for (const kind of ['queue-expiry', 'stage-expiry'] as const)
        clearDeadline(graph, kind, row.id);
    keepLatest(graph, data.fqdn);
  },
};
