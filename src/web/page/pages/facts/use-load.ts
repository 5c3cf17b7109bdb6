/** From files to a plan, and from the plan to exactly what it says: or nothing, where the cluster has moved on. */

import { useRef, useState } from 'preact/hooks';
import { ApiError } from '../../../../client/errors.ts';
import { randomId } from '../../../../client/random-id.ts';
import type { Loaded, LoadBody, LoadPlan } from '../../../../client/types.ts';
import { station } from '../../state/station.ts';
import type { Files } from './files.ts';

interface Asked {
  readonly files: Files;
  readonly prune: boolean;
}

export interface Planned extends Asked {
  readonly plan: LoadPlan;
  /** However often it is sent, it is loaded once. */
  readonly key: string;
  /** The plan that was there before says the same, or not; undefined: there was none. */
  readonly isSame: boolean | undefined;
}

export interface Load {
  readonly planned: Planned | undefined;
  readonly loaded: Loaded | undefined;
  readonly error: unknown;
  /** The cluster is not as it was planned any more. */
  readonly isOutdated: boolean;
  readonly isBusy: boolean;
  readonly plan: (asked: Asked) => Promise<void>;
  readonly apply: () => Promise<void>;
  /** The files are others now. */
  readonly forget: () => void;
}

interface State {
  readonly planned?: Planned | undefined;
  readonly loaded?: Loaded | undefined;
  readonly error?: unknown;
  readonly isOutdated?: boolean;
  readonly isBusy?: boolean;
}

const bodyOf = ({ facts, roles }: Files): LoadBody => ({ facts, roles: [...roles] });

const contentOf = ({ cluster, changes }: LoadPlan): string => JSON.stringify([cluster, changes]);

export const useLoad = (): Load => {
  const [state, setState] = useState<State>({});
  /** Of what was asked last: an answer to what was asked before it is nobody's any more. */
  const round = useRef(0);
  const begin = (during: State): ((next: State) => void) => {
    const own = ++round.current;
    setState({ ...during, isBusy: true });
    return (next) => void (own === round.current && setState(next));
  };
  const plan = async (asked: Asked): Promise<void> => {
    const before = state.isOutdated ? state.planned : undefined;
    const end = begin({ planned: before });
    try {
      const made = await station.planLoad(bodyOf(asked.files), { prune: asked.prune });
      const isSame = before && contentOf(before.plan) === contentOf(made);
      end({ planned: { ...asked, plan: made, key: randomId(), isSame } });
    } catch (error) {
      end({ error });
    }
  };
  const apply = async (): Promise<void> => {
    const { planned } = state;
    if (!planned) return;
    const { files, prune, key } = planned;
    const end = begin({ planned });
    try {
      const ifMatch = planned.plan.revision;
      end({
        loaded: await station.load(bodyOf(files), { prune, ifMatch, idempotencyKey: key }),
      });
    } catch (error) {
      const isOutdated = error instanceof ApiError && error.code === 'revision-mismatch';
      end({ planned, error, isOutdated });
    }
  };
  const forget = (): void => {
    round.current += 1;
    setState({});
  };
  const { planned, loaded, error, isOutdated = false, isBusy = false } = state;
  return { planned, loaded, error, isOutdated, isBusy, plan, apply, forget };
};
