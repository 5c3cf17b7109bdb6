/** Whether whoever has signed in may do something: asked of the station, which alone decides. */

import { useEffect, useState } from 'preact/hooks';
import type { Can } from '../../../client/types.ts';
import { useEvery } from './every.ts';
import { againLater } from './passing.ts';
import { isExpired, station } from './station.ts';
import { useSession } from './who.ts';

export interface Asked {
  readonly action: 'look' | 'note' | 'operate' | 'power' | 'administer';
  /** A nodeset, or several for what is too many for one question; absent: the cluster as a whole. */
  readonly hosts?: string | readonly string[] | undefined;
  /** Halcyon suggests it for them, which is what some may do it by. */
  readonly suggested?: boolean | undefined;
  /** It is for those who own the machines: members of projects have them lent, and are not asked about. */
  readonly ofOwners?: boolean | undefined;
}

export interface Right {
  /** Why not; undefined: yes, or by what `lack` says. */
  readonly why: string | undefined;
  /** There is a right to it that has to be taken up first: a grant, or a second factor. */
  readonly lack: string | null;
}

/** An answer holds for so long, ms; the station looks again before anything is done. */
const goodForMs = 15_000;
/** What others have given or taken is known after so long, ms. */
const againMs = 60_000;
const answersMax = 500;

const answers = new Map<string, { readonly at: number; readonly right: Promise<Right> }>();

/** Whoever signs in has rights of their own. */
export const forgetRights = (): void => answers.clear();

type AskedOnce = Pick<Asked, 'action' | 'suggested'> & { readonly hosts: string | undefined };

const askedOnce = ({ action, hosts, suggested = false }: AskedOnce): Promise<Right> => {
  const key = `${action} ${suggested} ${hosts ?? ''}`;
  const known = answers.get(key);
  if (known && performance.now() - known.at < goodForMs) return known.right;
  const right = station.whetherAllowed({ action, hosts, suggested }).then(rightOf);
  right.catch(() => answers.delete(key));
  if (answers.size >= answersMax) answers.clear();
  answers.set(key, { at: performance.now(), right });
  return right;
};

/** @throws {Error} it could not be found out */
export const rightTo = async ({ hosts, ...asked }: Asked): Promise<Right> => {
  let all: Right = { why: undefined, lack: null };
  for (const some of typeof hosts === 'object' ? hosts : [hosts]) {
    const { why, lack } = await askedOnce({ ...asked, hosts: some });
    if (why !== undefined) return { why, lack };
    all = { ...all, lack: all.lack ?? lack };
  }
  return all;
};

const canBeHad: ReadonlySet<string> = new Set(['grant', 'second-factor']);

const rightOf = ({ answers: said }: Can): Right => {
  const lacking = said.filter(({ allowed }) => !allowed);
  const never = lacking.find((one) => one.missing === null || !canBeHad.has(one.missing));
  const lack = lacking.find(({ missing }) => missing !== null)?.missing ?? null;
  if (!never) return { why: undefined, lack };
  const where = never.hosts === null ? '' : ` on ${never.hosts}`;
  const takes = never.lack === null ? '' : `: it takes ${never.lack}`;
  return { why: `You may not do this${where} (${never.rule})${takes}.`, lack };
};

const asking: Right = { why: 'Your rights are being asked for.', lack: null };

const lentOnly: Right = {
  why: 'Only those who own the machines may do this; your project has them lent.',
  lack: null,
};

export const useRight = ({ action, hosts, suggested, ofOwners = false }: Asked): Right => {
  const { signedIn, who } = useSession();
  const [right, setRight] = useState(asking);
  const round = useEvery(againMs);
  useEffect(() => {
    let isWanted = true;
    let giveUp = (): void => undefined;
    const find = (): void =>
      void rightTo({ action, hosts, suggested })
        .then((found) => isWanted && setRight(found))
        .catch((error: Error) => {
          if (!isWanted || isExpired(error)) return;
          setRight({ why: `Whether you may do this is not known: ${error.message}`, lack: null });
          giveUp = againLater(error, find);
        });
    find();
    return () => {
      isWanted = false;
      giveUp();
    };
  }, [action, typeof hosts === 'object' ? hosts.join() : hosts, suggested, signedIn, round]);
  return ofOwners && who.role === 'member' ? lentOnly : right;
};
