/** The machines and names of nodesets that were given. Groups in them are those of the station. */

import {
  expandNodeset,
  foldNodeset,
  groupsIn,
  NodesetError,
  readNodeset,
  UnknownGroupError,
} from '../nodeset/nodeset.ts';
import type { ResolvedNodeset } from '../client/types.ts';
import { Failure } from './exit-codes.ts';
import { connect } from './session.ts';
import type { GlobalFlags } from './session.ts';
import type { Shell } from './shell.ts';

/** What to do about a nodeset that is none. */
export const nodesetFailure = (error: NodesetError): Failure =>
  error instanceof UnknownGroupError
    ? new Failure('notFound', error.message)
    : new Failure(
        'usage',
        error.message,
        "Nodesets look like 'n[0001-0100,0200].savio3'; quote them.",
      );

const reading = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof NodesetError) throw nodesetFailure(error);
    throw error;
  }
};

/** Whether only the station can say what it means. */
const namesGroups = (nodeset: string): boolean => reading(() => groupsIn(nodeset).length > 0);

const resolved = async (
  shell: Shell,
  flags: GlobalFlags,
  nodesets: readonly string[],
  here: (nodeset: string) => Iterable<string>,
  there: (reply: ResolvedNodeset) => Iterable<string>,
): Promise<ReadonlySet<string>> => {
  const asking = nodesets.some(namesGroups) ? await connect(shell, flags) : undefined;
  const names = new Set<string>();
  for (const nodeset of nodesets) {
    const these =
      asking && namesGroups(nodeset)
        ? there(await asking.resolveNodeset({ nodeset, signal: shell.signal }))
        : reading(() => here(nodeset));
    for (const name of these) names.add(name);
  }
  return names;
};

/** Names of nodes, as they are written; they need not be hosts of the cluster. */
export const namesOfNodesets = (
  shell: Shell,
  flags: GlobalFlags,
  nodesets: readonly string[],
): Promise<ReadonlySet<string>> =>
  resolved(shell, flags, nodesets, readNodeset, ({ nodes, unmatched }) => [...nodes, ...unmatched]);

/**
 * The hosts of several nodesets, each once.
 *
 * @throws {Failure} `usage`: one is none; `notFound`: a group has names that are no machines here
 */
export const machinesOf = async (
  shell: Shell,
  flags: GlobalFlags,
  nodesets: readonly string[],
): Promise<readonly string[]> => {
  const hosts = await resolved(
    shell,
    flags,
    nodesets,
    (nodeset) => expandNodeset(nodeset),
    ({ nodes, unmatched }) => {
      if (unmatched.length > 0)
        throw new Failure(
          'notFound',
          `no machine of the cluster is meant by ${foldNodeset(unmatched)}`,
          'Take them out: SET!NAMES; see which machines there are: halctl system node list',
        );
      return nodes;
    },
  );
  if (hosts.size === 0 && nodesets.length > 0)
    throw new Failure('notFound', `no machine is in ${nodesets.join(' ')}`);
  return [...hosts];
};
