/** Connections to a Redfish service; one is given out only when it is known who is at its other end. */

import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { ObmError } from '../../errors.ts';
import type { Time } from '../../time.ts';
import type { RedfishInfo } from './settings.ts';

export const portOf = ({ port, plain }: RedfishInfo): number => port ?? (plain ? 80 : 443);

/** How long a host may take to accept a connection, and to agree on how it is protected, ms. */
const acceptMs = 4_000;
const handshakeMs = 10_000;

/** @throws {ObmError} nothing of a request has been sent */
export const connect = (info: RedfishInfo, time: Time, signal: AbortSignal): Promise<Socket> => {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  const socket = info.plain ? plainly(info) : secured(info);
  const fail = (error: Error): void => {
    socket.destroy();
    reject(error instanceof ObmError ? error : unreachable(info, error));
  };
  const giveUp = (): void => fail(signal.reason as Error);
  const silent = (): void => fail(new ObmError('no-answer', `${info.addr} does not answer`));
  const cancels = [time.after(acceptMs, silent), time.after(handshakeMs, silent)];
  socket.once('connect', cancels[0]!);
  signal.addEventListener('abort', giveUp);
  socket.once('error', fail);
  socket.once('close', () => fail(new Error('closed')));
  socket.once(info.plain ? 'connect' : 'secureConnect', () => {
    const stranger = info.plain ? null : strangerAt(info, socket as TLSSocket);
    if (stranger) return fail(stranger);
    socket.off('error', fail);
    resolve(socket);
  });
  return promise.finally(() => {
    cancels.forEach((cancel) => cancel());
    signal.removeEventListener('abort', giveUp);
  });
};

const plainly = (info: RedfishInfo): Socket => connectTcp({ host: info.addr, port: portOf(info) });

const secured = (info: RedfishInfo): TLSSocket => {
  const { addr, ca, fingerprint, insecure = false } = info;
  return connectTls({
    ...{ host: addr, port: portOf(info), minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] },
    ...(isIP(addr) === 0 ? { servername: addr } : {}),
    ...(ca === undefined ? {} : { ca }),
    // The one that is pinned vouches for itself.
    rejectUnauthorized: fingerprint === undefined && !insecure,
  });
};

const strangerAt = ({ addr, fingerprint }: RedfishInfo, socket: TLSSocket): ObmError | null => {
  if (fingerprint === undefined) return null;
  const bare = (text: string): string => text.replaceAll(':', '').toLowerCase();
  const shown = socket.getPeerX509Certificate()?.fingerprint256 ?? '';
  if (bare(shown) === bare(fingerprint)) return null;
  return new ObmError('wrong-machine', `${addr} has another certificate, of SHA-256 ${shown}`);
};

/** This machine has no way there; everything else is silence of the other side. */
const noWay = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EMFILE', 'EACCES']);

/** What verification says by its codes; OpenSSL's of the handshake begin otherwise. */
const isUnverified = (code: string): boolean =>
  /CERT|SIGNATURE|ISSUER|VERIFY/.test(code) && !code.startsWith('ERR_SSL');

const unreachable = ({ addr }: RedfishInfo, cause: Error): ObmError => {
  const code = (cause as NodeJS.ErrnoException).code ?? 'closed';
  if (isUnverified(code))
    return new ObmError(
      'wrong-machine',
      `the certificate of ${addr} cannot be verified (${code}); register it with ca or fingerprint`,
      { cause },
    );
  if (code.startsWith('ERR_SSL') || code === 'EPROTO')
    return new ObmError('unsupported-suite', `no TLS that ${addr} and we accept (${code})`, {
      cause,
    });
  return new ObmError(
    noWay.has(code) ? 'network' : 'no-answer',
    `${addr} cannot be reached (${code})`,
    { cause },
  );
};
