/** Appending: by a stream of appends that stays open, and by a call for each. */

import { answers, failures } from './errors.ts';
import type { Fate } from './faults.ts';
import type { Grpc } from './protocol.ts';
import { idOf, nameOf, streams } from './protocol.ts';
import type { FakeNode } from './node.ts';
import type { Appended, Expected, ProposedEvent } from './streams.ts';

/** What an append has on the disk of a server: its limit runs over that. */
const sizeOf = ({ type, data, metadata }: ProposedEvent): number =>
  data.length + metadata.length + type.length * 2;

/** An append on its way: what it is, and how it is answered. */
interface Append {
  readonly name: string;
  readonly expected: Expected;
  readonly events: readonly ProposedEvent[];
  readonly requiresLeader: boolean;
  readonly done: (appended: Appended) => void;
  readonly refused: (why: 'denied' | 'not-ready' | 'no-leader' | 'timeout' | 'too-large') => void;
  readonly fail: (failure: object) => void;
}

export function append(node: FakeNode, one: Append): void {
  const { faults, shared: cluster } = node;
  const fate = faults.take(one.events);
  const keep = (): Appended => cluster.streams.append(one.name, one.expected, one.events);
  if (fate === 'denied' || fate === 'not-ready' || fate === 'no-leader') return one.refused(fate);
  if (one.events.reduce((sum, event) => sum + sizeOf(event), 0) > cluster.maxAppendSize)
    return one.refused('too-large');
  // A follower that nobody asked to be the leader passes it on.
  if (one.requiresLeader && !node.isLeader) {
    const { leader } = cluster;
    return leader ? one.fail(failures.notLeader(leader)) : one.refused('no-leader');
  }
  const fates: Record<Exclude<Fate, 'denied' | 'not-ready' | 'no-leader'>, () => void> = {
    lost: () => undefined,
    late: () => faults.hold(() => void keep()),
    'ack-lost': () => void keep(),
    cut: () => {
      keep();
      one.fail(failures.cut());
    },
    cancelled: () => one.fail(failures.cancelled()),
    timeout: () => {
      keep();
      one.refused('timeout');
    },
  };
  if (fate === undefined) one.done(keep());
  else fates[fate]();
}

type BatchCall = Grpc.ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;

export function batchAppend(node: FakeNode, call: BatchCall): void {
  if (!node.admits(call)) return;
  interface Pending {
    readonly options: streams.BatchAppendReq.Options;
    readonly events: ProposedEvent[];
  }
  const pending = new Map<string, Pending>();
  const requiresLeader = node.requiresLeader(call);
  const take = async (request: streams.BatchAppendReq): Promise<void> => {
    const id = idOf(request.getCorrelationId());
    const options = request.getOptions();
    if (options) pending.set(id, { options, events: [] });
    const one = pending.get(id);
    if (!one) return;
    one.events.push(...request.getProposedMessagesList().map(proposed));
    if (!request.getIsFinal()) return;
    pending.delete(id);
    const answer = new streams.BatchAppendResp();
    answer.setCorrelationId(request.getCorrelationId());
    answer.setStreamIdentifier(one.options.getStreamIdentifier());
    const name = nameOf(one.options.getStreamIdentifier());
    const expected = batchExpectation(one.options);
    await node.faults.answering();
    append(node, {
      ...{ name, expected, events: one.events, requiresLeader },
      done(appended) {
        if (appended.kind === 'wrong-version')
          return void call.write(answer.setError(answers.wrongVersion(expected, appended.current)));
        const success = new streams.BatchAppendResp.Success();
        call.write(answer.setSuccess(success.setCurrentRevision(String(appended.revision))));
      },
      refused(why) {
        const said = {
          denied: answers.denied,
          timeout: answers.timeout,
          'too-large': () => answers.tooLarge(node.shared.maxAppendSize),
          'not-ready': () => answers.words('Server Is Not Ready'),
          'no-leader': () => answers.words('No leader info available in response'),
        }[why]();
        call.write(answer.setError(said));
      },
      fail: (failure) => void call.emit('error', failure),
    });
  };
  call.on('data', (request: streams.BatchAppendReq) => void take(request));
  call.on('end', () => call.end());
  call.on('error', () => undefined);
}

type Call = Grpc.ServerReadableStream<streams.AppendReq, streams.AppendResp>;

export function appendOnce(
  node: FakeNode,
  call: Call,
  answer: Grpc.sendUnaryData<streams.AppendResp>,
): void {
  let options: streams.AppendReq.Options | undefined;
  const events: ProposedEvent[] = [];
  call.on('data', (request: streams.AppendReq) => {
    options ??= request.getOptions();
    const message = request.getProposedMessage();
    if (message) events.push(proposed(message));
  });
  call.on('error', () => undefined);
  const take = async (): Promise<void> => {
    await node.faults.answering();
    const refusal = node.refusal(call);
    if (refusal) return answer(refusal);
    const name = nameOf(options?.getStreamIdentifier());
    const expected = expectation(options as streams.AppendReq.Options);
    append(node, {
      ...{ name, expected, events, requiresLeader: node.requiresLeader(call) },
      done(appended) {
        const reply = new streams.AppendResp();
        if (appended.kind === 'kept') {
          const success = new streams.AppendResp.Success();
          return answer(
            null,
            reply.setSuccess(success.setCurrentRevision(String(appended.revision))),
          );
        }
        const wrong = new streams.AppendResp.WrongExpectedVersion();
        if (appended.current >= 0) wrong.setCurrentRevision(String(appended.current));
        if (typeof expected === 'number') wrong.setExpectedRevision(String(expected));
        answer(null, reply.setWrongExpectedVersion(wrong));
      },
      refused(why) {
        const said = {
          denied: failures.denied,
          timeout: failures.timeout,
          'too-large': () => failures.tooLarge(node.shared.maxAppendSize),
          'not-ready': failures.notReady,
          'no-leader': failures.noLeader,
        }[why]();
        answer(said);
      },
      fail: (failure) => answer(failure),
    });
  };
  call.on('end', () => void take());
}

type DeleteCall = Grpc.ServerUnaryCall<streams.DeleteReq, streams.DeleteResp>;

export function deleteStream(
  node: FakeNode,
  call: DeleteCall,
  answer: Grpc.sendUnaryData<streams.DeleteResp>,
): void {
  node.shared.streams.delete(nameOf(call.request.getOptions()?.getStreamIdentifier()));
  answer(null, new streams.DeleteResp());
}

function proposed(
  message: streams.BatchAppendReq.ProposedMessage | streams.AppendReq.ProposedMessage,
): ProposedEvent {
  const said = message.getMetadataMap();
  return {
    id: idOf(message.getId()),
    type: said.get('type') ?? '',
    isJson: said.get('content-type') === 'application/json',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

function batchExpectation(options: streams.BatchAppendReq.Options): Expected {
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasAny()) return 'any';
  if (options.hasStreamExists()) return 'stream_exists';
  return Number(options.getStreamPosition());
}

function expectation(options: streams.AppendReq.Options): Expected {
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasAny()) return 'any';
  if (options.hasStreamExists()) return 'stream_exists';
  return Number(options.getRevision());
}
