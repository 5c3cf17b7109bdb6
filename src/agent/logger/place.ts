/** A place in what a process has written, which stays right when files are moved aside. */

import { fstatSync, statSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';

export interface Place {
  /** Which file, whatever its name is by now; empty where there was none. */
  readonly file: string;
  /** Bytes before it in the file. */
  readonly offset: number;
}

/** Numbers of files are used again, times of birth with them are not. */
export const identityOf = ({ ino, birthtimeNs }: BigIntStats): string => `${ino}.${birthtimeNs}`;

/** Where an open file ends now. */
export const endOf = (descriptor: number): Place => {
  const stat = fstatSync(descriptor, { bigint: true });
  return { file: identityOf(stat), offset: Number(stat.size) };
};

/** Where the file of a name ends now. */
export const endAt = (path: string): Place => {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined
    ? { file: '', offset: 0 }
    : { file: identityOf(stat), offset: Number(stat.size) };
};

/** The name of a part: 0 is what is being written, higher ones are older. */
export const partOf = (path: string, age: number): string => (age === 0 ? path : `${path}.${age}`);
