/** Runs halctl in a process: streams, Ctrl-C, closed pipes and exit codes. */

import { once } from 'node:events';
import { CommanderError } from 'commander';
import type { Ending } from './exit-codes.ts';
import { CommandEnding, endingOf, exitCodes, Interrupted } from './exit-codes.ts';
import { paletteFor } from './output/colour.ts';
import { PrintableLines } from './output/text.ts';
import { createProgram } from './program.ts';
import type { Shell } from './shell.ts';

/** What of a process a command sees: of this one, or of what stands for one. */
export type Surroundings = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env'>;

/** @param signal given by Ctrl-C */
export const shellOf = (surroundings: Surroundings, signal: AbortSignal): Shell => {
  const { stdin, stdout, stderr, env } = surroundings;
  const write = async (stream: NodeJS.WriteStream, piece: Uint8Array | string): Promise<void> => {
    if (!stream.write(piece)) await once(stream, 'drain', { signal });
  };
  const onTerminal = { stdout: new PrintableLines(), stderr: new PrintableLines() };
  const pass: Shell['pass'] = async (bytes, to) => {
    const stream = to === 'stdout' ? stdout : stderr;
    await write(stream, stream.isTTY ? onTerminal[to].take(bytes) : bytes);
  };
  return {
    env,
    input: stdin,
    width: stdout.isTTY ? stdout.columns : undefined,
    get height() {
      return stdout.isTTY ? stdout.rows : undefined;
    },
    palette: paletteFor(stdout.isTTY, env),
    interactive: stdin.isTTY && stderr.isTTY,
    progress: stderr.isTTY && env.TERM !== 'dumb',
    signal,
    print: (text) => void stdout.write(text),
    pour: async (pieces) => {
      const lines = new PrintableLines();
      for await (const piece of pieces) await write(stdout, lines.take(piece));
      await write(stdout, lines.end());
    },
    pass,
    say: (text) => void stderr.write(text),
  };
};

/**
 * A reader that has read enough, such as `head`, closes the pipe: that is no error. Anything else
 * is.
 */
const minding = (stream: NodeJS.WriteStream): void => {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.done);
    if (stream === process.stdout) process.stderr.write(`halctl: cannot write: ${error.message}\n`);
    process.exit(exitCodes.failed);
  });
};

/** Runs the command line of this process. Answers its exit code. */
export const main = async (): Promise<number> => {
  minding(process.stdout);
  minding(process.stderr);
  const interrupt = new AbortController();
  const interrupted = new Promise<never>((_resolve, reject) => {
    process.on('SIGINT', () => {
      // The first lets the command say how far it came, the second does not wait for that.
      if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
      interrupt.abort(new Interrupted());
      setTimeout(() => reject(interrupt.signal.reason as Error), patienceMs).unref();
    });
  });
  const shell = shellOf(process, interrupt.signal);
  try {
    return await Promise.race([runWords(shell, process.argv.slice(2)), interrupted]);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    // What was interrupted may still hold on to something.
    return process.exit(exitCodes.interrupted);
  }
};

/**
 * Runs the words of a command line, those after `halctl`. Answers the exit code.
 *
 * @throws {Interrupted} by Ctrl-C
 */
export const runWords = async (shell: Shell, words: readonly string[]): Promise<number> => {
  try {
    await createProgram(shell).parseAsync(words, { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    if (error instanceof CommandEnding) return error.code;
    const ending = await report(shell, error);
    if (ending === 'interrupted') throw new Interrupted();
    return exitCodes[ending];
  }
};

/** How long a command may take to come to an end after Ctrl-C, ms. */
const patienceMs = 500;

/** Says what went wrong, unless that has been said. */
const report = async (shell: Shell, error: unknown): Promise<Ending> => {
  if (error instanceof CommanderError) {
    // Commander has said it, or has shown the help that was asked for.
    return error.exitCode === 0 ? 'done' : 'usage';
  }
  const ending = shell.signal.aborted ? 'interrupted' : endingOf(error);
  if (ending === 'interrupted') return ending;
  const { explain } = await import('./explanation.ts');
  shell.say(`${explain(error).join('\n')}\n`);
  return ending;
};
