/** The state of an operation, a stage of it or a machine of a campaign: sign, word and colour. */

import type { JSX } from 'preact';
import { lookOf } from './operation-state.ts';
import { State } from '../parts/state.tsx';

export const OperationState = ({ state }: { readonly state: string }): JSX.Element => {
  const { sign, tone } = lookOf(state);
  return <State sign={sign} word={state} tone={tone} />;
};
