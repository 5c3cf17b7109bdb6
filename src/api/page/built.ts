/**
 * The files that the page in the browser is built to. They are few and known: all are read once, and only what is among
 * them is given out.
 */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

export interface BuiltFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly etag: string;
}

export interface BuiltPage {
  /** The document, in which `<base href="./" />` is to be put right. */
  readonly document: string;
  /** By the path below the folder, without a slash at its beginning. */
  readonly files: ReadonlyMap<string, BuiltFile>;
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.woff2': 'font/woff2',
};

/** Beside the sources in a checkout, and at the same place in the package. */
const folder = fileURLToPath(new URL('../../web/built', import.meta.url));

/** Null: nobody has built it. @throws {Error} it cannot be read */
export const readBuiltPage = (from = folder): BuiltPage | null => {
  const names = namesIn(from);
  if (!names.includes('index.html')) return null;
  const files = new Map<string, BuiltFile>();
  for (const name of names) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const plain = readFileSync(join(from, name));
    const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
    files.set(name, { type, plain, gzip: gzipSync(plain, { level: 9 }), etag });
  }
  return { document: readFileSync(join(from, 'index.html'), 'utf8'), files };
};

const namesIn = (from: string): string[] => {
  try {
    return readdirSync(from, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};
