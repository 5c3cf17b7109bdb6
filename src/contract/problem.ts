/** What a refusal says. */

import { Type } from 'typebox';
import type { Static } from 'typebox';

export const Problem = Type.Object({
  file: Type.String(),
  line: Type.Integer(),
  column: Type.Integer(),
  path: Type.String(),
  message: Type.String(),
  expected: Type.Optional(Type.String()),
});

/** RFC 9457. */
export const ProblemDetails = Type.Object({
  type: Type.String({ description: 'URI of the error; its last part is the stable code.' }),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.String(),
  instance: Type.Optional(
    Type.String({ description: 'Id of the request, as in the log of the station.' }),
  ),
  errors: Type.Optional(Type.Array(Problem)),
  vetoes: Type.Optional(
    Type.Array(Type.Object({ code: Type.String(), text: Type.String() }), {
      description: 'Of `reboot-vetoed`: all that forbids it.',
    }),
  ),
  revision: Type.Optional(
    Type.Integer({ description: 'Of `revision-not-reached`: which one the station has.' }),
  ),
  leader: Type.Optional(
    Type.Object(
      { station: Type.String(), url: Type.String() },
      { description: 'Of `misdirected` and `not-leading`: the station that leads.' },
    ),
  ),
  field: Type.Optional(Type.String()),
});

export type ProblemDetails = Static<typeof ProblemDetails>;
