/**
 * What stages of procedures need done outside, by name. Each may be done again: one that a station had begun which has
 * ended since is done once more, and does no harm by that.
 */

import { eventsOfType } from '../../../core/events/reading.ts';
import type { Graph } from '../../../core/graph/graph.ts';
import { stageOf } from '../../../core/graph/rows/procedures.ts';
import type { ProcedureRow } from '../../../core/graph/rows/procedures.ts';
import { disablesObm } from '../../../core/procedures/release.ts';
import type { Obms } from '../../obm/obms.ts';
import type { Effect, EffectContext, EffectKind, Ended } from './effect.ts';

/** Name of an act, and what it is about. */
interface Act {
  readonly name: string;
  /** Who asked for the procedure. */
  readonly by: string;
}

type Doing = (fqdn: string, act: Act, context: EffectContext) => Promise<Ended>;

/** The act of the stage that a procedure is in. */
const actOf = (row: ProcedureRow): Effect<Act> | undefined => {
  const note = stageOf(row);
  if (!note?.act || note.act.end !== null) return undefined;
  const intent = { name: note.act.name, by: row.by[0] ?? 'station' };
  return { intended: note.begun, target: row.host, intent, isBegun: true };
};

export const stageActs = (obms: Obms): EffectKind<Act> => {
  const acts = new Map<string, Doing>([
    [disablesObm, (fqdn, { by }) => disableObm(obms, fqdn, by)],
  ]);
  return {
    kind: 'act of a stage',
    limits: { atOnce: 64, perTarget: 1 },
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
    run: async ({ target, intent }, context) => {
      const act = acts.get(intent.name);
      if (act) return act(target, intent, context);
      return { outcome: 'failed', detail: `this version does not know how to ${intent.name}` };
    },
    end: ({ target: fqdn, intended: begun }, ended) => ({
      type: 'EndStageAct',
      ...{ fqdn, begun, ...ended },
    }),
  };
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
