/** Names of machines as names of folders: whatever they hold, they lead nowhere else. */

import { createHash } from 'node:crypto';

/** Bytes of a name that every file system takes, with room to spare. */
const nameMax = 200;

/**
 * Two labels never have one folder. Letters, digits, `-`, `_` and dots inside stay as they are;
 * what is too long for a file system ends with its digest.
 */
export const folderName = (label: string): string => {
  const name = [...Buffer.from(label)]
    .map((byte, place) => {
      const character = String.fromCharCode(byte);
      const isPlain = /[A-Za-z0-9_-]/.test(character) || (character === '.' && place > 0);
      return isPlain ? character : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
  if (name === '') return '%';
  if (name.length <= nameMax) return name;
  // A tilde is in no other name.
  return `${name.slice(0, nameMax)}~${createHash('sha256').update(label).digest('hex').slice(0, 32)}`;
};
