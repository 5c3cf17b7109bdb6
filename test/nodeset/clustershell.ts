/** The real ClusterShell, as one process that is asked many things. */

import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const driver = `
import json, sys
from ClusterShell.NodeSet import NodeSet, RESOLVER_NOGROUP
for line in sys.stdin:
    asked = json.loads(line)
    try:
        if 'names' in asked:
            nodes = NodeSet.fromlist(asked['names'], resolver=RESOLVER_NOGROUP)
        else:
            nodes = NodeSet(asked['nodeset'], resolver=RESOLVER_NOGROUP)
        answer = {'folded': str(nodes), 'names': list(nodes)}
    except Exception as error:
        answer = {'error': str(error) or type(error).__name__}
    print(json.dumps(answer), flush=True)
`;

export type Answer =
  | { readonly folded: string; readonly names: readonly string[]; readonly error?: undefined }
  | { readonly error: string };

/** Python of the system: that of Debian's package. */
const python = '/usr/bin/python3';

export class ClusterShell {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  /** @param seed by which Python puts sets in order: what depends on it is chance */
  constructor(seed: number) {
    const env = { PATH: process.env['PATH'], PYTHONHASHSEED: String(seed) };
    this.#child = spawn(python, ['-c', driver], { env });
    this.#child.stderr.pipe(process.stderr);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async #ask(asked: object): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(asked)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('ClusterShell is gone; is Debian package clustershell installed?');
    return JSON.parse(value) as Answer;
  }

  fold(names: readonly string[]): Promise<Answer> {
    return this.#ask({ names });
  }

  expand(nodeset: string): Promise<Answer> {
    return this.#ask({ nodeset });
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}
