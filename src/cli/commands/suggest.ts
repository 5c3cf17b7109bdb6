/** `halctl suggest`: what to do about machines, why, and what forbids it. */

import type { Command } from 'commander';
import { everyItem } from '../../client/pages.ts';
import type { SuggestionItem } from '../../client/types.ts';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { machinesOf } from '../nodesets.ts';
import { incidentLines, suggestionLines, suggestionTable } from '../output/suggestions.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

export const suggestCommands = (program: Command, shell: Shell): void => {
  const suggest = program
    .command('suggest')
    .description('what to do about machines, why, and what forbids it; nothing is done by itself');
  listCommand(suggest, shell);
  showCommand(suggest, shell);
  incidentsCommand(suggest, shell);
  rulesCommand(suggest, shell);
};

type Flags = GlobalFlags & JsonFlag;

const nothing = 'Nothing is suggested: no rule finds that anything is the matter.';

const listCommand = (suggest: Command, shell: Shell): void => {
  const run = async (flags: Flags, nodesets: readonly string[]): Promise<void> => {
    const wanted =
      nodesets.length === 0 ? undefined : new Set(await machinesOf(shell, flags, nodesets));
    const client = await connect(shell, flags);
    const options = { signal: shell.signal };
    const page = await everyItem((more) => client.listSuggestions(more), options);
    const items = page.items.filter(({ host }) => wanted?.has(host) ?? true);
    const { items: incidents } = await client.listIncidents(options);
    const isShown = (hosts: readonly string[]): boolean =>
      wanted === undefined || hosts.some((host) => wanted.has(host));
    show(shell, flags, { ...page, items }, function* (): Generator<string> {
      for (const incident of incidents) if (isShown(incident.hosts)) yield* incidentLines(incident);
      if (items.length === 0) yield nothing;
      else yield* suggestionTable(items satisfies SuggestionItem[], shell.width);
    });
  };
  withExamples(
    withWork(
      withJson(
        suggest
          .command('list', { isDefault: true })
          .description('machines with which something is the matter, folded by what is suggested')
          .argument('[nodeset...]', "only these: n0001.example, 'n[0001-0100].savio3' or @savio3"),
      ),
      run,
    ),
    'halctl suggest',
    "halctl suggest 'n[0001-0100].savio3'",
    "halctl suggest list 'n[0001-0100].savio3' --json",
  );
};

const showCommand = (suggest: Command, shell: Shell): void => {
  const run = async (flags: Flags, host: string): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.getSuggestion(host.toLowerCase(), { signal: shell.signal });
    show(shell, flags, reply, suggestionLines);
  };
  withExamples(
    withWork(
      withJson(
        suggest
          .command('show')
          .description(
            'what is suggested about one machine, with all that speaks for and against it',
          )
          .argument('<host>', 'its name'),
      ),
      run,
    ),
    'halctl suggest show n0001.example',
  );
};

const incidentsCommand = (suggest: Command, shell: Shell): void => {
  const run = async (flags: Flags): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.listIncidents({ signal: shell.signal });
    show(shell, flags, reply, function* ({ items }) {
      if (items.length === 0) yield 'No machines fell silent together.';
      for (const incident of items) yield* incidentLines(incident);
    });
  };
  withExamples(
    withWork(
      withJson(suggest.command('incidents').description('machines that fell silent together')),
      run,
    ),
    'halctl suggest incidents',
  );
};

const rulesCommand = (suggest: Command, shell: Shell): void => {
  const run = async (flags: Flags): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.getSuggestionRules({ signal: shell.signal });
    show(shell, flags, reply, ({ text }) => text.trimEnd().split('\n'));
  };
  withExamples(
    withWork(
      withJson(
        suggest
          .command('rules')
          .description('the rules in YAML, to be edited for `halcyon station --suggestions`'),
      ),
      run,
    ),
    'halctl suggest rules > rules.yaml',
  );
};
