/** Questions to whoever sits at the terminal. */

import { createInterface } from 'node:readline';
import { Failure, Interrupted } from './exit-codes.ts';
import type { Shell } from './shell.ts';

const secretMax = 4096;

/** Asks for something that must not be seen. Needs a terminal. */
export const askSecret = async (shell: Shell, question: string): Promise<string> => {
  const { input } = shell;
  // Before the question: whoever answers fast must not be echoed.
  input.setRawMode(true);
  input.setEncoding('utf8');
  shell.say(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      let secret = '';
      const take = (text: string): void => {
        for (const character of text) {
          if (character === '\r' || character === '\n') resolve(secret);
          else if (character === '\u0003') reject(new Interrupted());
          else if (character === '\u0004') reject(new Failure('usage', 'nothing was entered'));
          else if (character === '\u007f' || character === '\b') secret = secret.slice(0, -1);
          else if (secret.length < secretMax) secret += character;
        }
      };
      input.on('data', take);
      input.resume();
    });
  } finally {
    input.removeAllListeners('data');
    input.setRawMode(false);
    input.pause();
    shell.say('\n');
  }
};

/** Asks a question that is answered by yes or no; no unless yes is said. Needs a terminal. */
export const askWhether = async (shell: Shell, question: string): Promise<boolean> => {
  // The result may be piped: the question goes where warnings go.
  const asker = createInterface({ input: shell.input, output: process.stderr });
  try {
    return await new Promise<boolean>((resolve, reject) => {
      asker.on('SIGINT', () => reject(new Interrupted()));
      asker.on('close', () => resolve(false));
      asker.question(`${question} [y/N] `, (answer) => resolve(/^y(es)?$/i.test(answer.trim())));
    });
  } finally {
    asker.close();
  }
};

/** All of standard input, as text. */
export const readInput = async (shell: Shell): Promise<string> => {
  let text = '';
  shell.input.setEncoding('utf8');
  for await (const piece of shell.input) {
    text += piece as string;
    if (text.length > secretMax)
      throw new Failure('usage', 'standard input holds too much for a token');
  }
  return text;
};

/** All of standard input, as it is. @throws {Failure} it holds more than so many bytes */
export const readInputBytes = async (shell: Shell, max: number): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of shell.input) {
    pieces.push(Buffer.from(piece as Buffer));
    length += (piece as Buffer).length;
    if (length > max) throw new Failure('usage', `standard input holds more than ${max} bytes`);
  }
  return Buffer.concat(pieces);
};

/** Asks how many something are, so that nobody says yes to more than he means. Needs a terminal. */
export const askCount = async (shell: Shell, question: string, count: number): Promise<boolean> => {
  const asker = createInterface({ input: shell.input, output: process.stderr });
  try {
    return await new Promise<boolean>((resolve, reject) => {
      asker.on('SIGINT', () => reject(new Interrupted()));
      asker.on('close', () => resolve(false));
      asker.question(question, (answer) => resolve(answer.trim() === String(count)));
    });
  } finally {
    asker.close();
  }
};
