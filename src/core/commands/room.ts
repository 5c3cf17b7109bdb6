/** How many hosts and projects there may be: whoever may add one, a token for agents of any host too, may add many. */

import type { Graph } from '../graph/graph.ts';
import { projectsMax } from '../values/projects.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';

/** Ten times what a large site has. */
export const hostsMax = 100_000;

/** Why so many more hosts are refused; undefined where there is room. */
export const lackOfRoom = (graph: Graph, more: number): Refused | undefined =>
  more === 0 || graph.count('host') + more <= hostsMax
    ? undefined
    : reject(
        'too-many-hosts',
        `there may be ${hostsMax} hosts, and there are ${graph.count('host')}; remove some that are gone`,
      );

/** Why so many more projects are refused; undefined where there is room. */
export const lackOfProjects = (graph: Graph, more: number): Refused | undefined =>
  more === 0 || graph.count('project') + more <= projectsMax
    ? undefined
    : reject(
        'too-many-projects',
        `there may be ${projectsMax} projects, and there are ${graph.count('project')}; delete some that nobody needs`,
      );
