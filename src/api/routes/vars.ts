/** Settings. */

import type * as contract from '../../contract/vars.ts';
import { currentVars } from '../../core/graph/vars.ts';
import { varNames, varSpecs } from '../../core/values/vars.ts';
import type { VarSpec } from '../../core/values/vars.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { done, run } from '../commands.ts';
import { read } from '../reads.ts';

export const varHandlers = (station: Station): Handlers<typeof contract> => ({
  vars: (request, reply) =>
    read(station, reply, request.query.at, ({ graph, head }) => {
      const values = currentVars(graph);
      return {
        revision: head,
        items: varNames.map((name) => {
          const { unit, min, max, description, ...spec }: VarSpec = varSpecs[name];
          return { name, value: values[name], default: spec.default, unit, min, max, description };
        }),
      };
    }),

  setVars: (request, reply) =>
    run(station, request, reply, { type: 'SetVars', vars: request.body }, done),
});
