/** The cluster's settings as they are. */

import { varNames, varSpecs } from '../values/vars.ts';
import type { VarName, Vars } from '../values/vars.ts';
import type { ReadGraph } from './read-graph.ts';

/** The value that holds for a setting: what was set, else its default. */
export const varOf = (graph: ReadGraph, name: VarName): number =>
  graph.get('var', name)?.value ?? varSpecs[name].default;

/** All settings as they are. */
export const currentVars = (graph: ReadGraph): Vars =>
  Object.fromEntries(varNames.map((name) => [name, varOf(graph, name)])) as Vars;
