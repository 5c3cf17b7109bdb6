/** What holds of the stations of every graph, and of every log. */

import type { Commit } from '../../src/core/events/commit.ts';
import type { Graph } from '../../src/core/graph/graph.ts';
import { leadership } from '../../src/core/graph/leadership.ts';
import { must } from './invariant.ts';

/** Whoever leads is one of the stations. */
export const checkStations = (graph: Graph): void => {
  const led = leadership(graph);
  must([...graph.all('leadership')].length === (led ? 1 : 0), 'there is more than one leadership');
  must(led === null || led.term >= 1, `the term is ${led?.term}`);
  const leader = led?.station ?? null;
  must(
    leader === null || graph.get('station', leader) !== undefined,
    `${leader} leads, and is none`,
  );
  must(led === null || graph.count('station') > 0, 'no station is left');
};

/** Follows a log: terms only grow, and nobody leads who is not known. */
export class LeadershipChecker {
  #term = 0;
  readonly #known = new Set<string>();

  check({ events }: Commit): void {
    for (const { type, data } of events) {
      const { station, term } = data as { station: string; term: number };
      if (type === 'StationAdded') this.#known.add(station);
      else if (type === 'StationRetired') this.#known.delete(station);
      else if (type === 'StationLed') {
        must(term > this.#term, `term ${term} follows ${this.#term}`);
        must(this.#known.has(station), `${station} leads, and is not known`);
        this.#term = term;
      }
    }
  }
}
