/**
 * The policy file of a station. What it says becomes an event once all of it is right; until then, what was right
 * before stays.
 */

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readPolicy } from '../../config/policy.ts';
import type { PolicyResult } from '../../config/policy.ts';
import { formatProblem } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';
import type { Command } from '../../core/commands/index.ts';
import { expandNodeset } from '../../nodeset/nodeset.ts';
import type { StationLogger } from '../logger.ts';
import type { MakeReply, Result } from '../result.ts';
import type { Sender } from '../access/sender.ts';

export interface PolicyFileParts {
  /** Absent: the station has none. */
  readonly path: string | undefined;
  readonly submit: (
    command: Command,
    sender: Sender,
    makeReply: MakeReply<null>,
  ) => Promise<Result<unknown>>;
  readonly logger: StationLogger;
}

/** Checks the text of a policy, and makes rules of it. */
export const policyFrom = (file: string, text: string): PolicyResult =>
  readPolicy(file, text, (nodeset) => expandNodeset(nodeset));

export class PolicyFile {
  readonly path: string | undefined;
  readonly #parts: PolicyFileParts;
  /** What was wrong when it was last read; empty: nothing, or it was not read yet. */
  problems: readonly Problem[] = [];

  constructor(parts: PolicyFileParts) {
    this.#parts = parts;
    this.path = parts.path;
  }

  /** The same in words. */
  get complaints(): readonly string[] {
    return this.problems.map(formatProblem);
  }

  /**
   * Reads the file and puts it in force where all of it is right.
   *
   * @returns what is wrong with it; then the policy is as it was
   */
  async reload(sender: Sender): Promise<readonly Problem[]> {
    const { path } = this;
    if (path === undefined) return [];
    const result = await this.#read(path);
    this.problems = result.ok ? [] : result.problems;
    if (result.ok) {
      const { rules } = result;
      const command = { type: 'SetPolicy', file: basename(path), rules } as const;
      await this.#parts.submit(command, sender, () => null);
    }
    for (const problem of this.problems)
      this.#parts.logger.error(
        { problem: formatProblem(problem) },
        'the policy file is wrong; the policy is as it was',
      );
    return this.problems;
  }

  async #read(path: string): Promise<PolicyResult> {
    const file = basename(path);
    try {
      return policyFrom(file, await readFile(path, 'utf8'));
    } catch (error) {
      const message = `It cannot be read: ${(error as Error).message}.`;
      return { ok: false, problems: [{ file, line: 1, column: 1, path: '', message }] };
    }
  }
}
