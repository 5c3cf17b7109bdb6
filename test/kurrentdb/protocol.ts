/**
 * What the fake speaks: the client's own generated service definitions and messages, over the
 * grpc-js that the client itself uses.
 */

import { createRequire } from 'node:module';
import { once } from 'node:events';
import type * as Grpc from '@grpc/grpc-js';
import gossip from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_pb.js';
import features from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js';
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import status from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/status_pb.js';
import streams from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';

export { features, gossip, shared, status, streams };
export type { Grpc };

const ofClient = createRequire(import.meta.resolve('@kurrent/kurrentdb-client'));
export const grpc = ofClient('@grpc/grpc-js') as typeof Grpc;
export const { Any } = ofClient('google-protobuf/google/protobuf/any_pb.js') as {
  Any: new () => { pack(bytes: Uint8Array, name: string): void };
};

type Service = Grpc.ServiceDefinition;
const generated = '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1';
const serviceOf = (file: string, name: string): Service =>
  (ofClient(`${generated}/${file}_grpc_pb.js`) as Record<string, Service>)[name] as Service;

export const services = {
  streams: serviceOf('streams', 'StreamsService'),
  gossip: serviceOf('gossip', 'GossipService'),
  features: serviceOf('serverfeatures', 'ServerFeaturesService'),
} as const;

/** An id of an event or a call, in whichever of its two spellings it came. */
export function idOf(uuid: shared.UUID | undefined): string {
  if (uuid === undefined) return '';
  const structured = uuid.getStructured();
  if (structured === undefined) return uuid.getString();
  const hex = (bits: string): string =>
    BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0');
  const [most, least] = [
    hex(structured.getMostSignificantBits()),
    hex(structured.getLeastSignificantBits()),
  ];
  return [
    most.slice(0, 8),
    most.slice(8, 12),
    most.slice(12),
    least.slice(0, 4),
    least.slice(4),
  ].join('-');
}

/** @param structured as two numbers, as whoever asked wants it */
export function uuidOf(id: string, structured: boolean): shared.UUID {
  const uuid = new shared.UUID();
  if (!structured) return uuid.setString(id);
  const bits = BigInt(`0x${id.replaceAll('-', '')}`);
  const part = (value: bigint): string => BigInt.asIntN(64, value).toString();
  const both = new shared.UUID.Structured()
    .setMostSignificantBits(part(bits >> 64n))
    .setLeastSignificantBits(part(bits));
  return uuid.setStructured(both);
}

export const nameOf = (stream: shared.StreamIdentifier | undefined): string =>
  Buffer.from(stream?.getStreamName_asU8() ?? []).toString();

export const identifierOf = (name: string): shared.StreamIdentifier =>
  new shared.StreamIdentifier().setStreamName(Uint8Array.from(Buffer.from(name)));

/** Writes as fast as whoever reads takes it. */
export async function writeTo(
  call: { write(message: unknown): boolean } & NodeJS.EventEmitter,
  message: unknown,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  if (!call.write(message)) await once(call, 'drain', { signal }).catch(() => undefined);
}
