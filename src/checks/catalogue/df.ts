/** How full file systems are. One df serves all of them: the children are lines of what the parent reads. */

import type { Finding, ProbeCheck } from '../check.ts';
import { skipped, unreadable } from './finding.ts';

export interface FullAt {
  /** Part of a file system, 0 to 1, that is taken when it warns and when it fails. */
  readonly warnAt: number;
  readonly failAt: number;
}

/** A file system that is looked at by name. */
export interface NamedMount extends FullAt {
  /** The child's: `tmp` of `df/tmp`. */
  readonly name: string;
  readonly path: string;
  /** What it is where the path is no mount of its own, but a folder of another file system. */
  readonly notSeparate: 'ok' | 'warn' | 'fail';
}

export const usualFull: FullAt = { warnAt: 0.9, failAt: 0.97 };

/** One line of `df -P`. Sizes in bytes. */
export interface FileSystem {
  readonly size: number;
  readonly used: number;
  readonly available: number;
  readonly target: string;
}

/** Of the kernel or of no size: nothing fills them. */
const sourcesPassedOver =
  /^(?:proc|sysfs|udev|devtmpfs|cgroup2?|overlay|efivarfs|squashfs|\/dev\/loop\d+)$/;

const line = /^(.+?) +(\d+) +(\d+) +(-?\d+) +(?:\d+%|-) +(\/.*)$/;

export const fileSystemsOf = (output: string): readonly FileSystem[] =>
  output.split('\n').flatMap((text): FileSystem[] => {
    const [, source = '', size, used, available, target = ''] = line.exec(text) ?? [];
    const isOther = target !== '/' && sourcesPassedOver.test(source);
    if (target === '' || isOther || size === '0') return [];
    const bytes = (blocks: string | undefined): number => Number(blocks) * 1024;
    return [{ size: bytes(size), used: bytes(used), available: bytes(available), target }];
  });

const takenOf = ({ used, available }: FileSystem): number =>
  used + available <= 0 ? 1 : used / (used + Math.max(0, available));

const verdictOf = (taken: number, { warnAt, failAt }: FullAt): Finding['verdict'] =>
  taken >= failAt ? 'fail' : taken >= warnAt ? 'warn' : 'ok';

const percent = (part: number): string => `${Math.round(part * 100)} %`;
const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** The lines that are the same for all: df says of each local file system, and of each named path where it lies. */
const probeOf = (mounts: readonly NamedMount[]): readonly string[] => [
  // A network file system that hangs keeps df for ever, therefore -l; the df of BusyBox does not know it.
  'o=$(df -Plk 2>/dev/null); [ -n "$o" ] || o=$(df -Pk 2>/dev/null); printf "%s\\n" "$o"',
  ...mounts.flatMap(({ path }) => {
    const quoted = `'${path.replaceAll("'", `'\\''`)}'`;
    return [`[ -d ${quoted} ] && printf 'at %s\\n' ${quoted} && df -Pk ${quoted} 2>/dev/null`];
  }),
  ':',
];

/** The fullest of the local file systems. */
const parseAll =
  (full: FullAt) =>
  (output: string): Finding => {
    const local = fileSystemsOf(output.split(/^at /m)[0] ?? '');
    const [first, ...others] = local;
    if (!first) return unreadable('df could not be read');
    const fullest = others.reduce((a, b) => (takenOf(b) > takenOf(a) ? b : a), first);
    const taken = takenOf(fullest);
    return {
      verdict: verdictOf(taken, full),
      value: taken,
      text: `${fullest.target} ${percent(taken)} full, ${local.length} file systems`,
    };
  };

const parseOne =
  (mount: NamedMount) =>
  (output: string): Finding => {
    const { path, notSeparate } = mount;
    const part = output.split(/^at /m).find((text) => text.startsWith(`${path}\n`));
    if (part === undefined) return skipped(`there is no folder ${path}`);
    const [found] = fileSystemsOf(part);
    if (!found) return unreadable(`df does not say how full ${path} is`);
    const taken = takenOf(found);
    const said = `${percent(taken)} of ${gibibytes(found.size)} full`;
    const verdict = verdictOf(taken, mount);
    if (found.target === path) return { verdict, value: taken, text: said };
    const worse = order.indexOf(notSeparate) > order.indexOf(verdict) ? notSeparate : verdict;
    return {
      verdict: worse,
      value: taken,
      text: `${said}; not a separate mount (${found.target})`,
    };
  };

const order = ['ok', 'warn', 'fail'] as const as readonly string[];

/** `df`, and a child for each mount that has a name. */
export const dfWith = (full: FullAt, mounts: readonly NamedMount[]): readonly ProbeCheck[] => {
  const probe = probeOf(mounts);
  const both = { type: 'ratio', needs: 'probe', timeoutSeconds: 10, periodSeconds: 60 } as const;
  return [
    {
      ...{ id: 'df', title: 'File systems', ...both, probe, parse: parseAll(full) },
      description: 'How full the fullest local file system is.',
    },
    ...mounts.map((mount) => ({
      ...{ id: `df/${mount.name}`, parent: 'df', title: `df ${mount.name}`, ...both, probe },
      description: `How full ${mount.path} is, and whether it is a mount of its own.`,
      parse: parseOne(mount),
    })),
  ];
};
