/** What became of a command on one machine, and how that is told. */

import type { ExecResult } from '../../checks/ssh/exec.ts';
import type { SshFailure } from '../../checks/ssh/failure.ts';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import { printable } from '../output/text.ts';

export type Outcome =
  | { readonly host: string; readonly kind: 'ran'; readonly result: ExecResult }
  | {
      readonly host: string;
      readonly kind: 'unreachable';
      readonly cause: SshFailure['reason'];
      readonly message: string;
    };

export const isOk = (outcome: Outcome): boolean =>
  outcome.kind === 'ran' &&
  outcome.result.ending.kind === 'exit' &&
  outcome.result.ending.code === 0;

/** Why it is not well, in a few words. */
export const reasonOf = (outcome: Outcome): string => {
  if (outcome.kind === 'unreachable') return `${outcome.cause}: ${outcome.message}`;
  const { ending } = outcome.result;
  if (ending.kind === 'exit') return `exit code ${ending.code}`;
  if (ending.kind === 'signal') return `ended by ${ending.signal}`;
  if (ending.kind === 'unknown') return `how it ended is not known: ${ending.why}`;
  return ending.left
    ? 'it took too long, and cannot be ended as it hangs in the kernel'
    : 'it took too long and was ended';
};

/** One line for all that failed in the same way. */
export const failureLines = (outcomes: readonly Outcome[]): readonly string[] => {
  const byReason = new Map<string, string[]>();
  for (const outcome of outcomes) {
    if (isOk(outcome)) continue;
    // Reasons that differ only by the name of the machine are one reason.
    const reason = reasonOf(outcome).replaceAll(`${outcome.host}: `, '');
    const hosts = byReason.get(reason);
    if (hosts) hosts.push(outcome.host);
    else byReason.set(reason, [outcome.host]);
  }
  return Array.from(byReason, ([reason, hosts]) => `${foldNodeset(hosts)}: ${printable(reason)}`);
};

/** As `--json` has it. What is not known is null. */
export const jsonOf = (outcome: Outcome): unknown => {
  const { host } = outcome;
  const none = { exit_code: null, signal: null, stdout: '', stderr: '', cut: false };
  if (outcome.kind === 'unreachable') {
    const { cause, message } = outcome;
    return { host, ok: false, ending: 'unreachable', ...none, cause, detail: message };
  }
  const { ending, stdout, stderr, isCut, durationMs } = outcome.result;
  return {
    host,
    ok: isOk(outcome),
    ending: ending.kind,
    exit_code: ending.kind === 'exit' ? ending.code : null,
    signal: ending.kind === 'signal' ? ending.signal : null,
    stdout: stdout.toString('utf8'),
    stderr: stderr.toString('utf8'),
    cut: isCut,
    duration_ms: Math.round(durationMs),
    ...(isOk(outcome) ? {} : { detail: reasonOf(outcome) }),
  };
};
