/** Completion scripts: shells take them, and bash offers what can stand there. */

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { treeOf } from '../../src/cli/command-tree.ts';
import { completionScript, completionShells } from '../../src/cli/completion.ts';
import { createProgram } from '../../src/cli/program.ts';
import { folderOf } from '../folder.ts';
import { silentShell } from './shell.ts';

const tree = treeOf(createProgram(silentShell()));

const isInstalled = (program: string): boolean =>
  spawnSync(program, ['--version']).error === undefined;

for (const shell of completionShells) {
  t.test(`the script for ${shell} is right in its syntax`, async (t) => {
    const script = completionScript(shell, tree);
    t.match(script, 'set-context');
    // Debian's fish and zsh are not needed for anything else: where they are missing, only bash is asked.
    if (shell !== 'bash' && !isInstalled(shell)) return;
    const file = join(folderOf(t, { script }), 'script');
    const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    t.equal(status, 0, stderr);
  });
}

t.test('bash offers what can stand there', async (t) => {
  const folder = folderOf(t, {
    'completion.bash': completionScript('bash', tree),
    'facts.yaml': '',
  });
  // Stands in for a station that knows names.
  writeFileSync(
    join(folder, 'halctl'),
    '#!/bin/sh\ncase $3 in hosts) echo n1.example n2.example ;; roles) echo s3server storage ;; contexts) echo prod test ;; esac\n',
  );
  chmodSync(join(folder, 'halctl'), 0o755);

  const offered = (...words: readonly string[]): string[] => {
    const line = ['halctl', ...words].map((word) => `'${word}'`).join(' ');
    const script = `source ./completion.bash
compopt() { :; }
COMP_WORDS=(${line}) COMP_CWORD=${words.length}
_halctl
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const path = `${folder}:${process.env.PATH ?? ''}`;
    const output = execFileSync('bash', ['-uc', script], {
      cwd: folder,
      env: { ...process.env, PATH: path },
      encoding: 'utf8',
    });
    return output.split('\n').filter((word) => word !== '');
  };

  t.same(offered('clu'), ['cluster']);
  t.same(offered('me'), ['mero']);
  t.same(offered('cluster', 'st').toSorted(), ['start', 'status', 'stop']);
  t.same(offered('mero', 'process', 'conf'), ['configuration']);
  t.same(offered('cluster', 'load', '--ver'), ['--verify']);
  t.same(offered('cluster', 'load', '-f', 'fac'), ['facts.yaml']);
  t.same(offered('cluster', 'process', 'add', '--host', ''), ['n1.example', 'n2.example']);
  t.same(offered('cluster', 'process', 'add', '--host', 'n1.example', '--role', 's3'), [
    's3server',
  ]);
  t.same(offered('cluster', 'process', 'add', '--format', ''), ['table', 'env', 'json', 'yaml']);
  t.same(offered('cluster', 'process', 'state', '0x7200000000000001', 'fa'), ['failed']);
  t.same(offered('--context', ''), ['prod', 'test']);
  t.same(offered('--context', 'prod', 'cluster', 'sta').toSorted(), ['start', 'status']);
  t.same(offered('cluster', 'status', '--station', 'http', '--ho'), ['--host']);
  t.same(offered('config', 'use-context', ''), ['prod', 'test']);
  t.same(offered('system', 'node', 'show', 'n2'), ['n2.example']);
  t.ok(offered('').includes('events'));
  t.same(offered('no-such-command', 'sta'), []);
});
