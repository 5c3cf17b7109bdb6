/**
 * What stages of procedures need done outside, by name. Each may be done again: one that a station had begun which has
 * ended since is done once more, and does no harm by that.
 */

import { eventsOfType } from '../../../core/events/reading.ts';
import type { Graph } from '../../../core/graph/graph.ts';
import { stageOf } from '../../../core/graph/rows/procedures.ts';
import type { ProcedureRow, StageNote } from '../../../core/graph/rows/procedures.ts';
import { disablesObm } from '../../../core/procedures/release.ts';
import type { Obms } from '../../obm/obms.ts';
import type { Effect, EffectContext, EffectKind, Ended } from './effect.ts';

/** Name of an act, and what it is about. */
export interface Act {
  readonly name: string;
  /** Who asked for the procedure. */
  readonly by: string;
}

/** What an act is a part of, as it is now. */
export interface Course {
  readonly row: ProcedureRow;
  readonly note: StageNote;
}

export interface Doing {
  readonly effect: Effect<Act>;
  readonly context: EffectContext;
  /** Undefined: the stage is over, and nobody wants to know what becomes of it. */
  readonly course: () => Course | undefined;
}

export type Do = (doing: Doing) => Promise<Ended>;

/** The act of the stage that a procedure is in. */
const actOf = (row: ProcedureRow): Effect<Act> | undefined => {
  const note = stageOf(row);
  if (!note?.act || note.act.end !== null) return undefined;
  const intent = { name: note.act.name, by: row.by[0] ?? 'station' };
  return { intended: note.begun, target: row.host, intent, isBegun: true };
};

/** @param others by their names */
export const stageActs = (
  obms: Obms,
  others: ReadonlyMap<string, Do> = new Map(),
): EffectKind<Act> => {
  const acts = new Map<string, Do>([
    ...others,
    [disablesObm, ({ effect }) => disableObm(obms, effect.target, effect.intent.by)],
  ]);
  return {
    kind: 'act of a stage',
    // Some wait for hours, and must not take the places of the others.
    limits: { atOnce: 4096, perTarget: 1 },
    mayRepeat: true,
    *unended(graph) {
      for (const row of graph.all('procedure')) {
        const effect = actOf(row);
        if (effect) yield effect;
      }
    },
    *intendedBy(commit, graph) {
      for (const { data } of eventsOfType(commit, 'ProcedureStageBegun'))
        if (data.act !== null) yield* actsOn(graph, data.fqdn);
    },
    find: (graph, { target, intended }) =>
      actsOn(graph, target).find((effect) => effect.intended === intended),
    run: async (effect, context) => {
      const { name } = effect.intent;
      const act = acts.get(name);
      if (act) return act({ effect, context, course: () => courseOf(context.graph, effect) });
      return { outcome: 'failed', detail: `this version does not know how to ${name}` };
    },
    end: ({ target: fqdn, intended: begun }, ended) => ({
      type: 'EndStageAct',
      ...{ fqdn, begun, ...ended },
    }),
  };
};

const courseOf = (graph: Graph, { target, intended }: Effect<Act>): Course | undefined => {
  for (const row of graph.many('undergoes', target)) {
    const note = stageOf(row);
    if (note?.begun === intended) return { row, note };
  }
  return undefined;
};

const actsOn = (graph: Graph, fqdn: string): Effect<Act>[] =>
  [...graph.many('undergoes', fqdn)].flatMap((row) => actOf(row) ?? []);

/** What is not enabled is left as it is. @throws the daemon cannot be asked now */
const disableObm = async (obms: Obms, fqdn: string, by: string): Promise<Ended> => {
  const result = await obms.disable(fqdn, { actor: by, correlation: `release of ${fqdn}` });
  if (result.ok) return { outcome: 'done', detail: '' };
  const { code, message } = result.rejection;
  return code === 'obm-not-registered'
    ? { outcome: 'done', detail: '' }
    : { outcome: 'failed', detail: message };
};
