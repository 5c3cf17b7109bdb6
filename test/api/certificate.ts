/** A certificate of nobody's. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Good for so many days.
 *
 * @param folder where it is left, as `cert.pem` and `key.pem`
 */
export const certificate = (folder: string, days = 2): { cert: Buffer; key: Buffer } => {
  const files = ['-keyout', 'key.pem', '-out', 'cert.pem', '-days', `${days}`];
  const whose = ['-subj', '/CN=station', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', [...made, ...whose, ...files], { cwd: folder, stdio: 'ignore' });
  const read = (name: string): Buffer => readFileSync(join(folder, name));
  return { cert: read('cert.pem'), key: read('key.pem') };
};
