/** What processes write. */

import { Type } from 'typebox';
import { ask } from './endpoint.ts';
import { FidText } from './values.ts';

export const output = ask({
  answeredBy: 'leader',
  path: '/processes/:fid/output',
  params: { fid: FidText },
  access: 'operator',
  lent: 'machine',
  tag: 'processes',
  summary: 'What a managed process writes',
  description:
    'A stream, one JSON object a line: `{"stream":"stdout","data":"<base64>"}`, `{"note":"…"}` for what happened to ' +
    'the process there and then, and at last `{"end":"done","message":""}` (or `gone`: the agent was lost; ' +
    '`station`, `revoked`, `unreadable`). Empty lines mean nothing. With `Accept: text/plain` it is what the process ' +
    'wrote and nothing else; an early end breaks the connection off. The station keeps none of it.',
  query: {
    lines: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000_000,
        description: 'Begin with so many lines of each stream. Default: all that are kept.',
      }),
    ),
    follow: Type.Optional(
      Type.Boolean({ description: 'Go on with what is written later. Default false.' }),
    ),
    stream: Type.Optional(
      Type.Union([Type.Literal('stdout'), Type.Literal('stderr')], {
        description: 'Only this one. Default: both.',
      }),
    ),
  },
  reply: Type.String(),
  stream: true,
  content: {
    'application/x-ndjson': Type.String(),
    'text/plain': Type.String({ description: 'With Accept: text/plain' }),
  },
});
