/** Two projects with a machine each, for tests of what members of one see. */

import type { Test } from 'tap';
import { openStation } from '../station/harness.ts';
import type { Choices, InProcess, Json } from '../station/harness.ts';

/** The machines of the two projects; the third one is nobody's. */
export const [ours, theirs, free] = [1, 2, 3].map((n) => `node${n}.halcyon.example`) as [
  string,
  string,
  string,
];
export const nobodys = 'none.halcyon.example';

export interface Two extends InProcess {
  /** Of an operator and a viewer of the first project. */
  readonly operator: string;
  readonly viewer: string;
  /** Of an operator of the second one. */
  readonly other: string;
  /** A process and a node of each machine. */
  readonly ourProcess: string;
  readonly theirProcess: string;
  readonly ourNode: string;
  readonly theirNode: string;
}

export const idOf = (token: string): string => token.split('_')[1]!;

/** Two projects with a machine each, and what runs there. */
export const twoProjects = async (t: Test, choices: Choices = {}): Promise<Two> => {
  const opened = await openStation(t, choices);
  const { ask, tokenOf } = opened;
  await opened.fill();
  const did = async (method: string, path: string, body: object): Promise<Json> => {
    const answer = await ask(method, path, body);
    if (answer.status >= 300) throw new Error(answer.text);
    return answer.body;
  };
  for (const [name, host] of [
    ['ours', ours],
    ['theirs', theirs],
  ]) {
    await did('POST', '/projects', { name });
    await did('POST', `/projects/${name}/attach`, { hosts: [host] });
  }
  const member = (name: string, role: string): Promise<string> =>
    tokenOf('member', { projects: [{ name, role }] });
  const [operator, viewer] = [await member('ours', 'operator'), await member('ours', 'viewer')];
  const other = await member('theirs', 'operator');
  const added = (host: string): Promise<Json> =>
    did('POST', '/processes', { host, role: 'clovis-app' });
  const [our, their] = [await added(ours), await added(theirs)];
  return {
    ...opened,
    operator,
    viewer,
    other,
    ourProcess: our.processes[0].fid,
    theirProcess: their.processes[0].fid,
    ourNode: our.node,
    theirNode: their.node,
  };
};

/** Everything by which the other project and its machine could be known. */
export const traces = ({ theirProcess, theirNode }: Two): string[] => [
  theirs,
  'theirs',
  theirProcess,
  theirNode,
];
