/** Events of the daemon's log as others are told them: in words that stay, and without hashes. */

import type {
  ObmdEvent,
  ObmdEventData,
  ObmdEventType,
  ObmdKnown,
} from '../../contract/obmd-events.ts';
import type { ObmEvent } from '../catalogue/events.ts';
import type { RecordedCommit } from '../catalogue/journal.ts';
import type { Obm } from '../catalogue/obms.ts';

type Told = {
  readonly [T in ObmdEventType]: { readonly type: T; readonly data: ObmdEventData[T] };
}[ObmdEventType];

export const toldOf = ({ revision, at, actor, events }: RecordedCommit): ObmdEvent[] =>
  events.map((event, index): ObmdEvent => {
    const { type, data } = wordsOf(event);
    const { label } = event.data;
    return { id: `${revision}.${index}`, type, at, label, actor, data } as ObmdEvent;
  });

/** null: nothing is known of it. */
export const knownOf = ({ label, power, reached }: Obm): ObmdKnown | null => {
  const { reason = null, since = 0 } = reached ?? {};
  if (power === null && reason === null) return null;
  return {
    type: 'known',
    label,
    data: {
      power: power && { state: power.state, since: power.since },
      unreachable: reason === null ? null : { reason, since },
    },
  };
};

const wordsOf = (event: ObmEvent): Told => {
  switch (event.type) {
    case 'ObmRegistered':
      return { type: 'registered', data: { driver: event.data.driver } };
    case 'ObmUnregistered':
      return { type: 'unregistered', data: {} };
    case 'TokenIssued': {
      const { epoch, expires } = event.data;
      return { type: 'token-issued', data: { epoch, expires } };
    }
    case 'TokenRevoked':
      return { type: 'token-revoked', data: { epoch: event.data.epoch } };
    case 'ConnectionMade': {
      const { id: connection, port, mode, expires, uses, holder } = event.data;
      return {
        type: 'connection-made',
        data: { connection, port, mode, expires, uses, for: holder },
      };
    }
    case 'ConnectionEnded':
      return { type: 'connection-ended', data: { connection: event.data.id, why: event.data.why } };
    case 'ConsoleAttached': {
      const { viewing, connection, principal, source } = event.data;
      return { type: 'console-attached', data: { viewing, connection, principal, source } };
    }
    case 'ConsoleDetached': {
      const { viewing, why } = event.data;
      return { type: 'console-detached', data: { viewing, why } };
    }
    case 'WriterTaken': {
      const { principal, source, from } = event.data;
      return { type: 'writer-taken', data: { principal, source, from } };
    }
    case 'OrderBegun': {
      const { order, action, reference } = event.data;
      return { type: 'order-begun', data: { order, action, reference } };
    }
    case 'OrderEnded': {
      const { order, outcome, by, instead, why } = event.data;
      return { type: 'order-ended', data: { order, outcome, by, instead, why } };
    }
    case 'PowerChanged': {
      const { state, cause, order } = event.data;
      return { type: 'power-changed', data: { state, cause, order } };
    }
    case 'ObmIdentified': {
      const { guid, same_as: sameAs } = event.data;
      return { type: 'identified', data: { guid, same_as: sameAs } };
    }
    case 'SystemEventsSeen': {
      const { gap, entries } = event.data;
      return { type: 'system-events', data: { gap, entries } };
    }
    case 'ObmReached': {
      const { reason } = event.data;
      if (reason === null) return { type: 'reachable', data: {} };
      return { type: 'unreachable', data: { reason } };
    }
  }
};
