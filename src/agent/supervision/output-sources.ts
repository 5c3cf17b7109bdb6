/** Where the output of a process is: in files of the agent, or with systemd. */

import type { Assignment } from './assignment.ts';
import { JournalReader } from './journal-reader.ts';
import type { OutputFiles } from './output-files.ts';
import { FileReader, UnreadableOutput } from './output-reader.ts';
import type { OutputReader, OutputRequest } from './output-reader.ts';
import type { RunRecord } from './run-record.ts';
import { unitOf } from './systemd.ts';

/**
 * Reads the output of a process.
 *
 * @param last its last run, or what is to be its first
 * @throws UnreadableOutput
 */
export function outputReader(
  last: RunRecord | Assignment | undefined,
  outputs: OutputFiles,
  request: OutputRequest,
  journalctl: string,
): OutputReader {
  if (last === undefined)
    throw new UnreadableOutput('it has not been started on its host yet, so it has no output');
  const isUnit = 'supervisor' in last ? last.supervisor === 'systemd' : last.command.length === 0;
  if (isUnit) return new JournalReader(journalctl, unitOf(last), request);
  return new FileReader(outputs, outputs.watch(last.fid), request);
}
