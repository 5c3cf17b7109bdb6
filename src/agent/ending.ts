/** How connections end, and what somebody can do about it. */

import type { EndingKind } from './backoff.ts';
import { agentProtocol, closeCodes } from './protocol.ts';

/** The end of a connection. */
export class Ending extends Error {
  override readonly name = 'Ending';
  readonly kind: EndingKind;
  /** What somebody can do about it; undefined where waiting is all there is. */
  readonly advice: string | undefined;
  /** Where the station is that leads, as the one that was asked said; undefined where it did not. */
  readonly leader: string | undefined;

  constructor(kind: EndingKind, message: string, advice?: string, leader?: string) {
    super(message);
    this.leader = leader;
    this.kind = kind;
    this.advice = advice;
  }
}

const tokenAdvice =
  'put a token of the role "agent" for this host into the token file, which is read before every attempt';
const claimAdvice =
  'another machine runs an agent by this name: stop one, or give one its own name with --fqdn';

/**
 * What the answer to the request for a connection means, when it is not a connection.
 *
 * @param leader where the station is that leads, as the answer says
 */
export function endingOfStatus(status: number, leader?: string): Ending {
  switch (status) {
    case 421: {
      const who = leader === undefined ? 'it knows of none that leads' : `${leader} leads`;
      const message = `the station follows, and ${who} (HTTP 421)`;
      return new Ending('misdirected', message, undefined, leader);
    }
    case 401:
      return new Ending('denied', 'the station does not accept the token (HTTP 401)', tokenAdvice);
    case 403:
      return new Ending('denied', 'the token may not be used by an agent (HTTP 403)', tokenAdvice);
    case 404:
      return new Ending(
        'unreachable',
        'there is no station at this URL (HTTP 404)',
        'check --station',
      );
    default:
      return new Ending('unreachable', `the station answered HTTP ${status}`);
  }
}

/** What the closing of a connection by the station means. */
export function endingOfClose(code: number, reason: string, wasServing: boolean): Ending {
  const because = reason === '' ? `code ${code}` : `${reason} (code ${code})`;
  switch (code) {
    case closeCodes.unsupportedProtocol:
      return new Ending(
        'denied',
        `the station does not speak this agent's protocol ${agentProtocol}: ${because}`,
        'bring agent and station to the same release',
      );
    case closeCodes.badMessage:
      return new Ending(
        'denied',
        `the station did not understand this agent: ${because}`,
        'bring agent and station to the same release',
      );
    case closeCodes.notAllowed:
      return new Ending('denied', `the station does not allow this agent: ${because}`, tokenAdvice);
    case closeCodes.claimed:
      return new Ending('denied', `the name of this host is taken: ${because}`, claimAdvice);
    default:
      return new Ending(
        wasServing ? 'lost' : 'unreachable',
        `the connection was closed: ${because}`,
      );
  }
}

/** What the failure of a socket means: no route, no name, no valid certificate. */
export function endingOfError(error: Error, wasServing: boolean): Ending {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code);
  return new Ending(
    wasServing ? 'lost' : 'unreachable',
    error.message === '' ? code : error.message,
    isCertificate
      ? 'name the authority that signed the certificate of the station with --ca'
      : undefined,
  );
}

/**
 * What somebody can do about a refused report; undefined for codes that this agent does not know.
 */
export function adviceOnRefusal(code: string): string | undefined {
  switch (code) {
    case 'identity-mismatch':
      return `the token belongs to another host; ${tokenAdvice}`;
    case 'host-claimed':
      return claimAdvice;
    case 'host-removed':
      return `to make this a host of the cluster again, ${tokenAdvice}`;
    default:
      return undefined;
  }
}
