/** Events of the requests that are remembered. */

import { Type } from 'typebox';
import { event } from './define.ts';
import { closed } from './fields.ts';

export const requestEvents = {
  /** Their answers are not kept any longer. */
  RequestsForgotten: event(1, Type.Object({ ids: Type.Array(Type.String()) }, closed), {
    ids: ['token:4f1c 9d3e0c52'],
  }),
};
