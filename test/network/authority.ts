/** An authority of a test's own, and the certificates that it signs. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files in PEM. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

export class Authority {
  /** Its own certificate. */
  readonly certificate: string;
  readonly #folder: string;

  /** @param folder where it makes one for what it keeps */
  constructor(folder: string) {
    this.#folder = mkdtempSync(join(folder, 'authority-'));
    this.certificate = this.#at('ca.pem');
    const self = ['-x509', '-days', '2', '-keyout', 'ca.key', '-out', 'ca.pem'];
    this.#openssl('req', ...self, ...newKey, '-subj', '/CN=an authority of a test');
  }

  /**
   * Signs one.
   *
   * @param names as of `subjectAltName`, such as `IP:127.0.0.1`
   * @param days from now on that it is good for; -1: it has expired
   */
  sign(name: string, names: string, days = 2): Pair {
    writeFileSync(this.#at('names'), `subjectAltName=${names}`);
    const [key, request, signed] = [`${name}.key`, `${name}.csr`, `${name}.pem`];
    this.#openssl('req', ...newKey, '-keyout', key, '-out', request, '-subj', `/CN=${name}`);
    this.#openssl(
      ...['x509', '-req', '-in', request, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-extfile', 'names', '-days', `${days}`, '-out', signed],
    );
    return { certificate: this.#at(signed), key: this.#at(key) };
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'ignore' });
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
