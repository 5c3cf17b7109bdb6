/** Spans of time as operators write them. */

import { InvalidArgumentError } from 'commander';

const secondsIn = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `90m` as seconds. */
export const duration = (text: string): number => {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  const unit = match?.[2] as keyof typeof secondsIn | undefined;
  if (!match || unit === undefined)
    throw new InvalidArgumentError('Write it like 90m, 12h or 30d.');
  return Number(match[1]) * secondsIn[unit];
};
