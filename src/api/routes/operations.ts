/** How far long work is. A request only records what is wanted; progress has a URL. */

import type * as contract from '../../contract/operations.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';
import type { Actions } from '../actions.ts';

export const operationHandlers = (
  station: Station,
  actions: Actions,
): Handlers<typeof contract> => ({
  operation: (request, reply) => {
    const { id } = request.params;
    if (id > station.log.head()) throw new ApiError('not-found', `there is no operation ${id}`);
    return actions.follow(request, reply, id);
  },
});
