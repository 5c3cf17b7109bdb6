/** The errors of a server as they are on the wire. */

import { Any, grpc, identifierOf, shared, status } from './protocol.ts';
import type { Grpc } from './protocol.ts';
import type { Expected } from './streams.ts';

interface Failure {
  readonly code: Grpc.status;
  readonly details: string;
  readonly metadata: Grpc.Metadata;
}

function failure(code: Grpc.status, details: string, fields: Record<string, string> = {}): Failure {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(fields)) metadata.set(name, value);
  return { code, details, metadata };
}

/** Those that end a call. */
export const failures = {
  notLeader: ({ host, port }: { host: string; port: number }) =>
    failure(grpc.status.NOT_FOUND, 'Leader info available', {
      exception: 'not-leader',
      'leader-endpoint-host': host,
      'leader-endpoint-port': String(port),
    }),
  noLeader: () => failure(grpc.status.UNKNOWN, 'No leader info available in response'),
  notReady: () => failure(grpc.status.UNAVAILABLE, 'Server Is Not Ready'),
  denied: () =>
    failure(grpc.status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' }),
  unauthenticated: () => failure(grpc.status.UNAUTHENTICATED, 'Bad credentials'),
  timeout: () => failure(grpc.status.ABORTED, 'Operation timed out: commit'),
  cut: () => failure(grpc.status.UNAVAILABLE, 'Connection dropped'),
  cancelled: () => failure(grpc.status.CANCELLED, 'Call canceled by the server'),
  tooLarge: (max: number) =>
    failure(grpc.status.INVALID_ARGUMENT, `Maximum Append Size of ${max} Exceeded.`, {
      exception: 'maximum-append-size-exceeded',
      'maximum-append-size': String(max),
    }),
} as const;

function packed(code: number, message: string, name: string, details: Uint8Array): status.Status {
  const any = new Any();
  any.pack(details, name);
  const said = new status.Status().setMessage(message).setDetails(any as never);
  said.setCode(code);
  return said;
}

/** Those that answer one append of a stream of appends. */
export const answers = {
  wrongVersion(expected: Expected, current: number): status.Status {
    const details = new shared.WrongExpectedVersion();
    const empty = new shared.Empty() as never;
    if (current < 0) details.setCurrentNoStream(empty);
    else details.setCurrentStreamRevision(String(current));
    if (typeof expected === 'number') details.setExpectedStreamPosition(String(expected));
    else if (expected === 'any') details.setExpectedAny(empty);
    else if (expected === 'no_stream') details.setExpectedNoStream(empty);
    else details.setExpectedStreamExists(empty);
    return packed(9, 'Wrong expected version', named('WrongExpectedVersion'), bytes(details));
  },
  denied: () => packed(7, 'Access Denied', named('AccessDenied'), bytes(new shared.AccessDenied())),
  timeout: () => packed(4, 'Timeout', named('Timeout'), bytes(new shared.Timeout())),
  tooLarge(max: number): status.Status {
    const details = new shared.MaximumAppendSizeExceeded().setMaxappendsize(max);
    return packed(3, 'Too large', named('MaximumAppendSizeExceeded'), bytes(details));
  },
  /** The server packs an empty message where it has nothing but words. */
  words: (message: string) => packed(2, message, 'google.protobuf.Empty', new Uint8Array()),
  deleted(name: string): status.Status {
    const details = new shared.StreamDeleted().setStreamIdentifier(identifierOf(name));
    return packed(9, 'Stream deleted', named('StreamDeleted'), bytes(details));
  },
} as const;

const named = (name: string): string => `event_store.client.${name}`;
const bytes = (message: { serializeBinary(): Uint8Array }): Uint8Array => message.serializeBinary();
