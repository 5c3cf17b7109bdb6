/** How many servers keep the log. */

import { createRequire } from 'node:module';
import type gossip from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_pb.js';
import type shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import type { Durability } from '../log.ts';
import type { Servers } from './servers.ts';

/** What the client can do and does not offer: it asks for gossip itself, to find the leader. */
interface Asking {
  execute<T>(kind: unknown, name: string, ask: (client: GossipClient) => Promise<T>): Promise<T>;
  callArguments(options: object): unknown[];
}

interface GossipClient {
  read(...parts: unknown[]): void;
}

const generated = '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1';

/**
 * What the servers say of themselves by gossip. A cluster answers an append when a quorum has it on
 * disk, one server when it has (documentation of KurrentDB); neither can be asked for.
 *
 * @param deadline ms
 * @throws what the client throws
 */
export async function durabilityOf(
  { connection, terms }: Servers,
  deadline: number,
): Promise<Durability> {
  const require = createRequire(import.meta.url);
  const { GossipClient: kind } = require(`${generated}/gossip_grpc_pb.js`) as {
    GossipClient: unknown;
  };
  const { Empty } = require(`${generated}/shared_pb.js`) as typeof shared;
  const ask = (asking: Asking): Promise<gossip.ClusterInfo> =>
    asking.execute(
      kind,
      'gossip',
      (asked) =>
        new Promise((resolve, reject) => {
          const answered = (error: Error | null, found: gossip.ClusterInfo): void =>
            error ? reject(error) : resolve(found);
          asked.read(new Empty(), ...asking.callArguments({ deadline, ...terms }), answered);
        }),
    );
  const info = await connection.use((client) => ask(client as unknown as Asking));
  const voting = info.getMembersList().filter((member) => !withoutVote.has(member.getState()));
  return voting.length > 1 ? 'disk-quorum' : 'disk';
}

/** `MemberInfo.VNodeState`: a manager, and copies that are only read. */
const withoutVote = new Set<number>([9, 12, 13, 14]);
