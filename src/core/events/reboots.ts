/** Events of machines that are rebooted because something is the matter with them, or are not. */

import { Type } from 'typebox';
import { rebootReasonPattern, rebootVetoesMax, rebootWordPattern } from '../values/reboots.ts';
import { event } from './define.ts';
import { closed, Fqdn, Name, Nullable } from './fields.ts';

const Word = Type.String({ pattern: rebootWordPattern });
const Reason = Type.String({ pattern: rebootReasonPattern });
const Words = Type.Array(Word, { maxItems: rebootVetoesMax });
const fqdn = 'n0001.galileo.example';

/** Why a machine is rebooted. */
export const rebootNote = {
  /** By which rule it was suggested; null: by none. */
  symptom: Nullable(Word),
  action: Word,
  hardware: Type.String({ maxLength: 128 }),
  reason: Reason,
  /** Vetoes against which it was ordered. */
  overridden: Words,
  credential: Name,
  grant: Name,
};

export const rebootEvents = {
  /** Why the order in this commit was given. */
  RebootOrdered: event(1, Type.Object({ fqdn: Fqdn, ...rebootNote }, closed), {
    ...{ fqdn, symptom: 'silent-power-on', action: 'power-cycle', hardware: '64 CPUs, 256 GiB' },
    ...{ reason: 'It says nothing to anything, and its power is on.', overridden: [] },
    ...{ credential: '4f1c9d3e0c52', grant: '5b0c7be1d7aa' },
  }),

  /** Somebody wanted it, and something forbade it. */
  RebootRefused: event(
    1,
    Type.Object(
      { fqdn: Fqdn, by: Type.String({ minLength: 1, maxLength: 256 }), vetoes: Words },
      closed,
    ),
    { fqdn, by: 'token:4f1c9d3e0c52', vetoes: ['job-running'] },
  ),
};
