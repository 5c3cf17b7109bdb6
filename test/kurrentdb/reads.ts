/** Reading a stream, and following it. */

import { once } from 'node:events';
import { failures } from './errors.ts';
import type { FakeNode } from './node.ts';
import { identifierOf, nameOf, streams, uuidOf, writeTo } from './protocol.ts';
import type { Grpc } from './protocol.ts';
import type { StoredEvent } from './streams.ts';

type Call = Grpc.ServerWritableStream<streams.ReadReq, streams.ReadResp>;
type Options = streams.ReadReq.Options;

/** Of how many events a server reads a page. */
const page = 32;

export async function read(node: FakeNode, call: Call): Promise<void> {
  const ended = new AbortController();
  for (const name of ['cancelled', 'close', 'error']) call.on(name, () => ended.abort());
  if (!node.admits(call)) return;
  const options = call.request.getOptions() as Options;
  await node.faults.answering();
  if (node.requiresLeader(call) && !node.isLeader) {
    const { leader } = node.shared;
    call.emit('error', leader ? failures.notLeader(leader) : failures.noLeader());
    return;
  }
  if (options.hasSubscription()) await follow(node, call, options, ended.signal);
  else await readOnce(node, call, options, ended.signal);
  if (!ended.signal.aborted) call.end();
}

async function readOnce(
  node: FakeNode,
  call: Call,
  options: Options,
  signal: AbortSignal,
): Promise<void> {
  const name = nameOf(options.getStream()?.getStreamIdentifier());
  const { streams: stored } = node.shared;
  if (!stored.exists(name)) {
    const missing = new streams.ReadResp.StreamNotFound().setStreamIdentifier(identifierOf(name));
    call.write(new streams.ReadResp().setStreamNotFound(missing));
    return;
  }
  const isBackwards =
    options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;
  const at = options.getStream() as streams.ReadReq.Options.StreamOptions;
  const last = stored.last(name);
  let next = at.hasStart()
    ? 0
    : at.hasEnd()
      ? last + (isBackwards ? 0 : 1)
      : Number(at.getRevision());
  if (isBackwards) next = Math.min(next, last);
  for (let left = Number(options.getCount()); left > 0 && !signal.aborted;) {
    await node.faults.answering();
    const from = isBackwards ? Math.max(0, next - Math.min(left, page) + 1) : next;
    const events = stored.read(name, from, isBackwards ? next - from + 1 : Math.min(left, page));
    if (events.length === 0) return;
    for (const event of isBackwards ? events.toReversed() : events)
      await writeTo(call, respond(name, event, options), signal);
    left -= events.length;
    node.faults.read += events.length;
    next = isBackwards ? from - 1 : (events.at(-1) as StoredEvent).revision + 1;
    if (next < 0) return;
  }
}

async function follow(
  node: FakeNode,
  call: Call,
  options: Options,
  signal: AbortSignal,
): Promise<void> {
  const name = nameOf(options.getStream()?.getStreamIdentifier());
  const at = options.getStream() as streams.ReadReq.Options.StreamOptions;
  const { streams: stored } = node.shared;
  // It begins behind the revision that is named.
  let next = at.hasStart() ? 0 : at.hasEnd() ? stored.last(name) + 1 : Number(at.getRevision()) + 1;
  const confirmation = new streams.ReadResp.SubscriptionConfirmation();
  confirmation.setSubscriptionId(crypto.randomUUID());
  call.write(new streams.ReadResp().setConfirmation(confirmation));
  const appended = new EventTarget();
  const unwatch = stored.watch(() => appended.dispatchEvent(new Event('more')));
  let isBehind = true;
  while (!signal.aborted) {
    await node.faults.answering();
    const events = node.faults.feeds ? stored.read(name, next, page) : [];
    for (const event of events) await writeTo(call, respond(name, event, options), signal);
    if (events.length > 0) {
      next = (events.at(-1) as StoredEvent).revision + 1;
      isBehind = true;
      continue;
    }
    if (isBehind) call.write(new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()));
    isBehind = false;
    await once(appended, 'more', { signal }).catch(() => undefined);
  }
  unwatch();
}

function respond(name: string, event: StoredEvent, options: Options): streams.ReadResp {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent();
  const wantsStructured = options.getUuidOption()?.hasStructured() ?? false;
  recorded.setId(uuidOf(event.id, wantsStructured));
  recorded.setStreamIdentifier(identifierOf(name));
  recorded.setStreamRevision(String(event.revision));
  recorded.setPreparePosition(String(event.revision));
  recorded.setCommitPosition(String(event.revision));
  recorded.setData(event.data);
  recorded.setCustomMetadata(event.metadata);
  const said = recorded.getMetadataMap();
  said.set('type', event.type);
  said.set('content-type', event.isJson ? 'application/json' : 'application/octet-stream');
  // In ticks of 100 ns.
  said.set('created', String(event.created * 10_000));
  const one = new streams.ReadResp.ReadEvent().setEvent(recorded);
  return new streams.ReadResp().setEvent(one.setCommitPosition(String(event.revision)));
}
