/** Whether what should be mounted is, as the kernel has it: nothing is touched, so that what hangs keeps nobody. */

import type { Finding, ProbeCheck } from '../check.ts';
import { shortened, skipped, unreadable } from './finding.ts';

/** Paths in /proc/mounts have blanks and such as octal numbers. */
const decoded = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));

export const mountsOf = (output: string): readonly string[] =>
  output.split('\n').flatMap((line) => {
    const [, target, , options] = line.split(' ');
    return target?.startsWith('/') && options !== undefined ? [decoded(target)] : [];
  });

const parseWith =
  (expected: readonly string[]) =>
  (output: string): Finding => {
    if (expected.length === 0) return skipped('nothing is said of what should be mounted');
    const mounted = new Set(mountsOf(output));
    if (mounted.size === 0) return unreadable('/proc/mounts could not be read');
    const missing = expected.filter((path) => !mounted.has(path));
    const value = missing.length;
    if (value === 0) return { verdict: 'ok', value, text: `all ${expected.length} are mounted` };
    return { verdict: 'fail', value, text: shortened(`not mounted: ${missing.join(', ')}`) };
  };

export const mountsWith = (expected: readonly string[]): ProbeCheck => ({
  id: 'mounts',
  title: 'Mounts',
  description: 'How many of the file systems are missing that the file of checks says are mounted.',
  type: 'count',
  needs: 'probe',
  timeoutSeconds: 5,
  periodSeconds: 60,
  ...(expected.length === 0
    ? { probe: [':'], isQuick: true }
    : { probe: ['exec cat /proc/mounts'] }),
  parse: parseWith(expected),
});
