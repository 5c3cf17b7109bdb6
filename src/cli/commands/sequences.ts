/** `halctl system info cep`: what takes several steps and is under way. */

import type { Command } from 'commander';
import type { Sequences } from '../../client/types.ts';
import { show, withExamples, withJson, withWork, wholeNumber } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { formatTable } from '../output/table.ts';
import { formatTime } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

interface CepFlags extends GlobalFlags, JsonFlag {
  readonly limit?: number;
}

export const cepCommand = (info: Command, shell: Shell): void => {
  const run = async (flags: CepFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const { limit } = flags;
    show(shell, flags, await client.sequences({ limit, signal: shell.signal }), (reply) =>
      sequenceLines(shell, reply),
    );
  };
  withExamples(
    withWork(
      withJson(
        info
          .command('cep')
          .description(
            'show what takes several steps and is under way: starts, stops, retries, recoveries, and when each is due',
          )
          .option('--limit <number>', 'list no more than so many; otherwise 100', wholeNumber),
      ),
      run,
    ),
    'halctl system info cep',
    'halctl system info cep --json | jq -r \'.sequences[] | select(.kind == "process-retry") | .subject\'',
  );
};

const sequenceLines = (shell: Shell, { kinds, sequences }: Sequences): string[] => [
  ...formatTable<Sequences['kinds'][number]>(
    [
      { title: 'SEQUENCE', value: ({ kind }) => kind },
      { title: 'RUNNING', value: ({ running }) => String(running), align: 'right' },
      { title: 'NEXT', value: ({ next }) => (next === null ? '-' : formatTime(next)) },
      { title: 'WHAT IT IS', value: ({ description }) => description, yields: 1 },
    ],
    kinds,
    shell.width,
  ),
  '',
  ...(sequences.length === 0
    ? ['Nothing is under way.']
    : formatTable<Sequences['sequences'][number]>(
        [
          { title: 'DUE', value: ({ due }) => formatTime(due) },
          { title: 'SEQUENCE', value: ({ kind }) => kind, yields: 1 },
          { title: 'SUBJECT', value: ({ subject }) => subject },
          { title: 'NAME', value: ({ name }) => name ?? '-', yields: 3 },
          { title: 'HOST', value: ({ host }) => host ?? '-', yields: 2 },
          { title: 'STEP', value: ({ step }) => step, yields: 4 },
        ],
        sequences,
        shell.width,
      )),
];
