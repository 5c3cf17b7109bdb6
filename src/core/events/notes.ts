/** Events of what people write down about machines. */

import { Type } from 'typebox';
import { notePattern } from '../values/notes.ts';
import { event } from './define.ts';
import { closed, Fqdn } from './fields.ts';

export const noteEvents = {
  NoteAdded: event(
    1,
    Type.Object(
      {
        fqdn: Fqdn,
        text: Type.String({ pattern: notePattern }),
        /** Who has written it. */
        by: Type.String({ minLength: 1, maxLength: 256 }),
      },
      closed,
    ),
    {
      fqdn: 'n0001.galileo.example',
      text: 'the disk in bay 3 is slow',
      by: 'token:4f1c9d3e0c52',
    },
  ),
};
