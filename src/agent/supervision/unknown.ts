/** Telling "there is none" from "it cannot be found out now". */

/**
 * Something cannot be found out or done for now. Nothing is concluded from it: it is tried again
 * after a while, and its message says what is waited for.
 */
export class NotNow extends Error {}

/** What a host may be short of for a while: descriptors, processes, memory. */
const shortages = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'EINTR', 'EBUSY']);

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** Whether an error says that a file or a process does not exist. Any other leaves that open. */
export function saysGone(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ESRCH';
}

export function saysDenied(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'EACCES' || code === 'EPERM';
}

/** Whether an error comes from what the host is short of, not from what was asked for. */
export function saysShort(error: unknown): boolean {
  return shortages.has(codeOf(error) ?? '');
}
