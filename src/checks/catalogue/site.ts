/** Checks of the site: a command and a pattern, plug-ins of Nagios, and the node health check NHC. */

import type { Finding, ProbeCheck } from '../check.ts';
import { shortened, unknown, unreadable } from './finding.ts';

interface Given {
  readonly id: string;
  readonly title?: string;
  readonly command: string;
}

export interface GivenCommand extends Given {
  /** Regular expression, looked for in each line. Its first group, where it is a number, is the value. */
  readonly pattern?: string;
  /** What it is where the pattern is not found, or the command fails. */
  readonly severity?: 'warn' | 'fail';
}

/** What a shell says of a command that it does not find, or may not run. */
const notRun: readonly number[] = [126, 127];

/** The command may write what it finds to either. */
const probeOf = (command: string): readonly string[] => ['{', command, '} 2>&1'];

const usual = { needs: 'probe', timeoutSeconds: 30, periodSeconds: 300 } as const;

const firstLine = (output: string): string =>
  output.split('\n').find((line) => line.trim() !== '') ?? '';

const parseCommand = ({ pattern, severity = 'fail' }: GivenCommand): ProbeCheck['parse'] => {
  const wanted = pattern === undefined ? null : new RegExp(pattern, 'm');
  return (output, exitCode): Finding => {
    const said = shortened(firstLine(output).trim());
    if (notRun.includes(exitCode)) return unknown(said || 'there is no such command', 'unreadable');
    const found = wanted?.exec(output);
    const isGood = wanted ? found !== null && found !== undefined : exitCode === 0;
    const number = Number(found?.[1] ?? NaN);
    const value = found?.[1] !== undefined && Number.isFinite(number) ? number : null;
    const why = wanted ? 'the pattern is not in what it says' : `exit code ${exitCode}`;
    if (isGood) return { verdict: 'ok', value, text: shortened(found?.[0] ?? said) || 'done' };
    return {
      verdict: severity,
      value: null,
      text: shortened(said === '' ? why : `${why}: ${said}`),
    };
  };
};

/** A command of the site. */
export const commandCheck = (given: GivenCommand): ProbeCheck => ({
  ...usual,
  id: given.id,
  title: given.title ?? given.id,
  description: 'A command of the site; what it says is compared with a pattern.',
  type: 'text',
  probe: probeOf(given.command),
  parse: parseCommand(given),
});

const nagiosVerdicts = ['ok', 'warn', 'fail', 'unknown'] as const;

/** `label=value[unit];warn;crit;min;max`, the first of them. */
const performance = /(?:^|\s)(?:'[^']+'|[^\s=']+)=(-?\d+(?:\.\d+)?)/;

/** Codes 0 to 3; a plug-in that does anything else has said nothing. */
export const nagiosFinding = (output: string, exitCode: number): Finding => {
  const [said = '', measured = ''] = firstLine(output).split('|', 2);
  const text = shortened(said.trim());
  const verdict = nagiosVerdicts[exitCode];
  if (verdict === undefined) return unknown(text || `exit code ${exitCode}`, 'unreadable');
  const value = performance.exec(measured)?.[1];
  const finding = { verdict, value: value === undefined ? null : Number(value), text };
  return verdict === 'unknown' ? { ...finding, cause: 'unreadable' } : finding;
};

export const nagiosCheck = (given: Given): ProbeCheck => ({
  ...usual,
  id: given.id,
  title: given.title ?? given.id,
  description: 'A plug-in of Nagios: its code is the verdict, its first number the value.',
  type: 'text',
  probe: probeOf(given.command),
  parse: nagiosFinding,
});

/** `ERROR:  nhc:  Health check failed:  check_hw_ib:  No IB port mlx5_0:1 is ACTIVE`. */
const nhcLine = /^ERROR:?\s+(?:\S*nhc:?\s+)?(?:Health check failed:\s+)?(.+)$/m;

export const nhcFinding = (output: string, exitCode: number): Finding => {
  const failed = nhcLine.exec(output)?.[1];
  if (failed !== undefined) return { verdict: 'fail', value: null, text: shortened(failed.trim()) };
  if (exitCode === 0) return { verdict: 'ok', value: null, text: 'all checks of NHC pass' };
  return unreadable(shortened(firstLine(output)) || `NHC ended with ${exitCode}`);
};

export const nhcCheck = (given: Given): ProbeCheck => ({
  ...usual,
  timeoutSeconds: 60,
  id: given.id,
  title: given.title ?? 'NHC',
  description: 'The node health check of the site: the first line that begins with ERROR.',
  type: 'text',
  probe: probeOf(given.command),
  parse: nhcFinding,
});
