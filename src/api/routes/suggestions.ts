/** What is suggested about machines. */

import { rulesText } from '../../checks/suggestions/rules-file.ts';
import type { Suggestion as Made } from '../../checks/suggestions/suggest.ts';
import type * as contract from '../../contract/suggestions.ts';
import type { Suggestion } from '../../contract/suggestions.ts';
import type { Station } from '../../station/station.ts';
import { askerOf } from '../asker.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';
import { json } from '../reads.ts';
import { seenBy } from '../sight.ts';
import { streamText } from '../streaming.ts';
import { incidentView, suggestionItem, suggestionView } from '../views/suggestions.ts';

const usualLimit = 1000;

export const suggestionHandlers = (station: Station): Handlers<typeof contract> => {
  const { suggestions } = station;
  const about = (fqdn: string): Suggestion => {
    if (!station.graph.get('host', fqdn))
      throw new ApiError('unknown-host', `there is no host ${fqdn}`);
    return suggestionView(suggestions.of(fqdn));
  };
  return {
    getSuggestion: (request) => about(request.params.fqdn),
    getNodeSuggestion: (request) => about(request.params.fqdn),

    listSuggestions: (request, reply) => {
      const { action, limit = usualLimit, cursor = '' } = request.query;
      const isSeen = seenBy(station, request, station.graph);
      const isAskedFor = (made: Made): boolean =>
        (action === undefined || made.action === action) &&
        made.machine > cursor &&
        isSeen(made.machine);
      const text = function* (): Generator<string> {
        const found: Made[] = [];
        for (const made of suggestions.all())
          if (made === undefined) yield '';
          else if (isAskedFor(made)) found.push(made);
        found.sort((a, b) => (a.machine < b.machine ? -1 : 1));
        const page = found.slice(0, limit);
        let separator = `{"revision":${station.log.head()},"items":[`;
        for (const made of page) {
          yield separator + JSON.stringify(suggestionItem(made));
          separator = ',';
        }
        const next = found.length > limit ? page.at(-1)!.machine : null;
        yield `${page.length === 0 ? separator : ''}],"next":${JSON.stringify(next)}}`;
      };
      return streamText(station, reply, askerOf(reply), json, text(), () => undefined);
    },

    listIncidents: () => ({ items: suggestions.incidents().map(incidentView) }),

    getSuggestionRules: () => ({
      version: suggestions.rules.version,
      text: rulesText(suggestions.rules),
    }),
  };
};
