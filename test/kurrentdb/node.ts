/**
 * KurrentDB as far as a log needs it, in memory: one server or several with the same streams.
 *
 * What it does was taken from the service definitions that come with the client
 * (`@kurrent/kurrentdb-client` 1.3.1), from what that client does with each answer, and from the
 * published sources of EventStoreDB 22 to 24 (`Streams.BatchAppend.cs`, `Streams.Append.cs`,
 * `Enumerators.*.cs`, `RpcExceptions.cs`, `IndexWriter.CheckCommit`). It was never compared with a
 * server that runs. Elections, replication and disks are not in it: what one node has, all have.
 */

import { setImmediate as turn } from 'node:timers/promises';
import { appendOnce, batchAppend, deleteStream } from './appends.ts';
import { failures } from './errors.ts';
import { Faults } from './faults.ts';
import { features, gossip, grpc, services, uuidOf } from './protocol.ts';
import type { Grpc } from './protocol.ts';
import { read } from './reads.ts';
import { Streams } from './streams.ts';

/** What the servers of a cluster have in common. */
export class FakeCluster {
  readonly streams = new Streams();
  readonly nodes: FakeNode[] = [];
  /** As the server's option MaxAppendSize has it by default, bytes. */
  maxAppendSize = 1024 * 1024;
  /** What the header `authorization` has to say; undefined: anything goes. */
  authorization: string | undefined;
  /** Which node leads; undefined during an election. */
  leader: FakeNode | undefined;

  /** Makes a node lead, and the others follow. */
  elect(node: FakeNode | undefined): void {
    this.leader = node;
  }

  async close(): Promise<void> {
    for (const node of this.nodes) await node.kill();
  }
}

interface Asked {
  readonly metadata: Grpc.Metadata;
}

export class FakeNode {
  readonly faults = new Faults();
  readonly shared: FakeCluster;
  readonly host = '127.0.0.1';
  /** 0 until it is started. */
  port = 0;
  readonly #id = crypto.randomUUID();
  readonly #credentials: Grpc.ServerCredentials;
  #server: Grpc.Server | undefined;

  private constructor(cluster: FakeCluster, credentials: Grpc.ServerCredentials) {
    this.shared = cluster;
    this.#credentials = credentials;
  }

  /**
   * Starts a server; the first of a cluster leads it.
   *
   * @param credentials default: without TLS
   */
  static async start(
    cluster = new FakeCluster(),
    credentials = grpc.ServerCredentials.createInsecure(),
  ): Promise<FakeNode> {
    const node = new FakeNode(cluster, credentials);
    await node.revive();
    cluster.nodes.push(node);
    cluster.leader ??= node;
    return node;
  }

  get isLeader(): boolean {
    return this.shared.leader === this;
  }

  get isAlive(): boolean {
    return this.#server !== undefined;
  }

  /** Listens, on the port that it had. */
  async revive(): Promise<void> {
    const server = new grpc.Server({ 'grpc.max_receive_message_length': 32 * 1024 * 1024 });
    const handlers: Record<string, (...call: never[]) => unknown> = {
      batchAppend: (call) => batchAppend(this, call),
      append: (call, answer) => appendOnce(this, call, answer),
      read: (call) => void read(this, call),
      delete: (call, answer) => deleteStream(this, call, answer),
    };
    server.addService(services.streams, handlers as Grpc.UntypedServiceImplementation);
    server.addService(services.gossip, {
      read: (_call: unknown, answer: Grpc.sendUnaryData<gossip.ClusterInfo>) =>
        void this.#answer(answer, () => this.#members()),
    });
    server.addService(services.features, {
      getSupportedMethods: (
        _call: unknown,
        answer: Grpc.sendUnaryData<features.SupportedMethods>,
      ) => void this.#answer(answer, methods),
    });
    this.port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`${this.host}:${this.port}`, this.#credentials, (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    this.#server = server;
  }

  /** Breaks every connection, and listens no more. */
  async kill(): Promise<void> {
    this.faults.wake();
    this.#server?.forceShutdown();
    this.#server = undefined;
    await turn();
  }

  /** Whether the leader alone is to do it. */
  requiresLeader({ metadata }: Asked): boolean {
    return metadata.get('requires-leader')[0] === 'true';
  }

  /** Why a call is not let in. */
  refusal({ metadata }: Asked): object | undefined {
    const { authorization } = this.shared;
    if (authorization === undefined || metadata.get('authorization')[0] === authorization)
      return undefined;
    return failures.unauthenticated();
  }

  /** Ends a call that is not let in. */
  admits(call: Asked & NodeJS.EventEmitter): boolean {
    const refusal = this.refusal(call);
    if (refusal) call.emit('error', refusal);
    return refusal === undefined;
  }

  async #answer<Reply>(answer: Grpc.sendUnaryData<Reply>, reply: () => Reply): Promise<void> {
    await this.faults.answering();
    answer(null, reply());
  }

  #members(): gossip.ClusterInfo {
    const members = this.shared.nodes.map((node) => {
      const { VNodeState } = gossip.MemberInfo;
      const address = new gossip.EndPoint().setAddress(node.host).setPort(node.port);
      return new gossip.MemberInfo()
        .setInstanceId(uuidOf(node.#id, true))
        .setTimeStamp(String(Date.now() * 10_000))
        .setState(node.isLeader ? VNodeState.LEADER : VNodeState.FOLLOWER)
        .setIsAlive(node.isAlive)
        .setHttpEndPoint(address);
    });
    return new gossip.ClusterInfo().setMembersList(members);
  }
}

function methods(): features.SupportedMethods {
  const streams = 'event_store.client.streams.streams';
  const list = ['append', 'batchappend', 'read', 'delete', 'tombstone'].map((name) =>
    new features.SupportedMethod().setMethodName(name).setServiceName(streams),
  );
  return new features.SupportedMethods().setEventStoreServerVersion('24.10.0').setMethodsList(list);
}
