/** Events of what OBM daemons tell of machines: seen, not done by us. */

import { Type } from 'typebox';
import {
  newsLimits,
  observedPowers,
  positionPattern,
  powerCauses,
  severities,
} from '../values/obm-news.ts';
import { obmdUrlPattern, powerActions } from '../values/obm.ts';
import { event } from './define.ts';
import { closed, Fqdn, oneOf } from './fields.ts';

const fqdn = 'n0001.galileo.example';
const seen = 1_790_000_000_000;

/** By the clock of the daemon, ms since the epoch. */
const Seen = Type.Integer({ minimum: 0 });
const Principal = Type.String({ maxLength: newsLimits.principal });
const Source = Type.String({ maxLength: newsLimits.source });
const Id = Type.String({ maxLength: newsLimits.id });
const Reason = Type.String({ maxLength: newsLimits.reason });

export const obmNewsEvents = {
  ObmPowerChanged: event(
    1,
    Type.Object(
      { fqdn: Fqdn, seen: Seen, state: oneOf(observedPowers), cause: oneOf(powerCauses) },
      closed,
    ),
    { fqdn, seen, state: 'off', cause: 'drift' },
  ),

  ObmUnreachable: event(1, Type.Object({ fqdn: Fqdn, seen: Seen, reason: Reason }, closed), {
    fqdn,
    seen,
    reason: 'no-answer',
  }),

  ObmReachable: event(1, Type.Object({ fqdn: Fqdn, seen: Seen }, closed), { fqdn, seen }),

  ObmConsoleAttached: event(
    1,
    Type.Object(
      { fqdn: Fqdn, seen: Seen, viewing: Id, principal: Principal, source: Source },
      closed,
    ),
    { fqdn, seen, viewing: '5f0c1a522f7f4c86', principal: 'alice', source: '10.0.0.77' },
  ),

  ObmConsoleDetached: event(
    1,
    Type.Object({ fqdn: Fqdn, seen: Seen, viewing: Id, why: Reason }, closed),
    { fqdn, seen, viewing: '5f0c1a522f7f4c86', why: 'left' },
  ),

  /** Somebody types now, instead of whoever did. */
  ObmWriterTaken: event(
    1,
    Type.Object(
      {
        fqdn: Fqdn,
        seen: Seen,
        principal: Principal,
        source: Source,
        from: Type.Object({ principal: Principal, source: Source }, closed),
      },
      closed,
    ),
    {
      fqdn,
      seen,
      principal: 'bob',
      source: '10.0.0.78',
      from: { principal: 'alice', source: '10.0.0.77' },
    },
  ),

  /** The daemon was told something by somebody else than the station. */
  ObmOrderedElsewhere: event(
    1,
    Type.Object({ fqdn: Fqdn, seen: Seen, action: oneOf(powerActions), by: Principal }, closed),
    { fqdn, seen, action: 'cycle', by: 'admin' },
  ),

  /** Which OBM answers: another one than before, or the first. */
  ObmIdentified: event(
    1,
    Type.Object(
      {
        fqdn: Fqdn,
        seen: Seen,
        guid: Type.String({ pattern: '^[0-9a-f]{32}$' }),
        /** Other machines of which the OBM says that it is the same one. */
        twins: Type.Array(Fqdn, { maxItems: newsLimits.twins }),
      },
      closed,
    ),
    { fqdn, seen, guid: '31323334353637383940414243444546', twins: [] },
  ),

  /** New entries of the event log of an OBM. They are written by what runs there, and nothing in them is checked. */
  ObmLogGrew: event(
    1,
    Type.Object(
      {
        fqdn: Fqdn,
        seen: Seen,
        /** Whether there may have been more. */
        gap: Type.Boolean(),
        entries: Type.Array(
          Type.Object(
            {
              id: Id,
              at: Type.Union([Type.Integer(), Type.Null()]),
              severity: oneOf(severities),
              text: Type.String({ maxLength: newsLimits.text }),
            },
            closed,
          ),
          { maxItems: newsLimits.entries },
        ),
      },
      closed,
    ),
    {
      fqdn,
      seen,
      gap: false,
      entries: [{ id: '17', at: seen, severity: 'critical', text: 'PSU 1: power supply failure' }],
    },
  ),

  /** Up to where the news of a daemon are in the log; it stands behind what they led to. */
  ObmdFollowed: event(
    1,
    Type.Object(
      {
        obmd: Type.String({ maxLength: 512, pattern: obmdUrlPattern }),
        position: Type.String({ pattern: positionPattern }),
        /** They begin anew there: what was known by earlier ones is not known any more. */
        anew: Type.Boolean(),
      },
      closed,
    ),
    { obmd: 'https://obmd.galileo.example:7410', position: '1742.0', anew: false },
  ),
};
