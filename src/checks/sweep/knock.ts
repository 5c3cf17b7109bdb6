/** Whether something answers on a port. */

import { connect } from 'node:net';
import { isOnLink } from '../../addresses/on-link.ts';

export type Knocked =
  | { readonly answer: 'open' | 'refused'; readonly ms: number }
  /** `code`: what the system says; `ETIMEDOUT` where nothing was heard in time, `EHOSTDOWN` of a neighbour that is silent. */
  | { readonly answer: 'none'; readonly code: string; readonly ms: number };

/** @param address no name */
export const knock = (address: string, port: number, timeoutMs: number): Promise<Knocked> =>
  new Promise((resolve) => {
    const began = performance.now();
    const passed = (): number => performance.now() - began;
    const socket = connect({ host: address, port });
    const end = (knocked: Knocked): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(knocked);
    };
    const timer = setTimeout(
      () => end({ answer: 'none', code: 'ETIMEDOUT', ms: passed() }),
      timeoutMs,
    );
    socket.on('connect', () => end({ answer: 'open', ms: passed() }));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const { code = 'unknown' } = error;
      if (code === 'ECONNREFUSED') end({ answer: 'refused', ms: passed() });
      else if (code === 'EHOSTUNREACH' && isOnLink(address))
        end({ answer: 'none', code: 'EHOSTDOWN', ms: passed() });
      else end({ answer: 'none', code, ms: passed() });
    });
  });
