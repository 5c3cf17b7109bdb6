/** The names of the runs of an independent process. */

/** Runs that a process is known by: the present one, and those before it. */
export const instancesMax = 8;
/** Of the name of a run, characters. */
export const instanceLengthMax = 64;

/** Who reports; undefined where it did not say. */
export type Instance = string | undefined;

/** The runs that are known when one has begun, newest first. */
export const withInstance = (instances: readonly string[], instance: string): string[] => [
  instance,
  ...instances.slice(0, instancesMax - 1),
];
