/** `halctl cluster process logs`: what a process writes. */

import type { Command } from 'commander';
import { Option } from 'commander';
import type { OutputPiece } from '../../client/output.ts';
import { fidOf, withExamples, withJson, withWork, wholeNumber } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { printable } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

interface LogsFlags extends GlobalFlags, JsonFlag {
  readonly follow?: true;
  readonly tail?: number;
  readonly stdout?: true;
  readonly stderr?: true;
}

/** What a follower sees of the past, in lines, unless told otherwise. */
const pastLines = 10;

export const logsCommand = (process: Command, shell: Shell): void => {
  const logs = process
    .command('logs')
    .description('show what a managed process writes, from its host; or follow it live')
    .argument('<fid>', 'the process', fidOf)
    .option('-F, --follow', `go on with what is written later, until Ctrl-C`)
    .option(
      '--tail <lines>',
      `begin with so many lines of each stream; otherwise all that are kept, with --follow ${pastLines}`,
      wholeNumber,
    )
    .addOption(new Option('--stdout', 'only its standard output').conflicts('stderr'))
    .addOption(new Option('--stderr', 'only its standard error').conflicts('stdout'));
  const run = async (flags: LogsFlags, fid: string): Promise<void> => {
    const client = await connect(shell, flags);
    const { follow } = flags;
    const pieces = client.readOutput(fid, {
      lines: flags.tail ?? (follow ? pastLines : undefined),
      follow,
      stream: flags.stdout ? 'stdout' : flags.stderr ? 'stderr' : undefined,
      signal: shell.signal,
    });
    const { OutputBroken } = await import('../../client/output.ts');
    try {
      for await (const piece of pieces) await (flags.json ? asJson : asText)(shell, piece);
    } catch (error) {
      if (!(error instanceof OutputBroken)) throw error;
      throw new Failure(
        error.code === 'unreadable' ? 'failed' : 'unreachable',
        `the output breaks off: ${error.message}`,
        'What came is right but not all. See how the host is: halctl cluster status',
      );
    }
  };
  withExamples(
    withWork(withJson(logs), run),
    'halctl cluster process logs 0x7200000000000001:0x2a',
    'halctl cluster process logs 0x7200000000000001:0x2a --follow --tail 100',
    'halctl cluster process logs 0x7200000000000001:0x2a --stderr | grep -i error',
  );
};

/** Each stream goes where the process sent it; notes go to people. */
const asText = async (shell: Shell, piece: OutputPiece): Promise<void> => {
  if ('note' in piece) return shell.say(`halctl: ${printable(piece.note)}\n`);
  await shell.pass(piece.data, piece.stream);
};

const asJson = async (shell: Shell, piece: OutputPiece): Promise<void> => {
  const value =
    'note' in piece ? piece : { ...piece, data: Buffer.from(piece.data).toString('base64') };
  await shell.pass(Buffer.from(`${JSON.stringify(value)}\n`), 'stdout');
};
