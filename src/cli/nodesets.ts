/** The names of nodesets that were given, whatever they name, with the groups in them. */

import { NodesetError, readNodeset, UnknownGroupError } from '../nodeset/nodeset.ts';
import { Failure } from './exit-codes.ts';
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

/** Names of nodes, as they are written; they need not be hosts of the cluster. */
export const namesOfNodesets = async (
  _shell: Shell,
  _flags: GlobalFlags,
  nodesets: readonly string[],
): Promise<ReadonlySet<string>> => {
  const names = new Set<string>();
  try {
    for (const nodeset of nodesets) for (const name of readNodeset(nodeset)) names.add(name);
  } catch (error) {
    if (error instanceof NodesetError) throw nodesetFailure(error);
    throw error;
  }
  return names;
};
