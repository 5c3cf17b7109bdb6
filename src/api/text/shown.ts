/** The pages of the fleet and of machines, from what the API answers to whoever looks. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FleetAnswer, FleetSummary } from '../../contract/fleet.ts';
import type { Configuration } from '../../contract/owned.ts';
import type { CredentialRow } from '../../core/graph/rows/credentials.ts';
import type { Reader } from '../../web/text/document.ts';
import { pageRows, viewFields } from '../../web/text/fleet-view.ts';
import type { FleetView } from '../../web/text/fleet-view.ts';
import { fleetPage } from '../../web/text/fleet.ts';
import { machinePage } from '../../web/text/machine.ts';
import type { MachineParts, MachineView } from '../../web/text/machine.ts';
import { ApiError } from '../errors.ts';
import { RefusedError } from '../own-requests.ts';
import type { AskApi } from '../own-requests.ts';
import { tokenOf } from './cookie.ts';
import { sendPage } from './headers.ts';

/** Entries of a machine's history on a page, and processes of it. */
const historyRows = 50;
const processRows = 200;

export type Show = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

export const readerOf = ({ id, role, user }: CredentialRow): Reader => ({
  name: user ?? `token ${id}`,
  role,
});

export const showFleet =
  (ask: AskApi): Show =>
  async (request, reply) => {
    const view: FleetView = askedOf(request.url, [...viewFields, 'cursor']);
    const get = getting(ask, request, reply);
    const limit = String(pageRows);
    const found = await orRefused(get<FleetAnswer>('/fleet', { ...view, limit, shape: 'nodes' }));
    // What was asked is mended in the form.
    if (found instanceof RefusedError && !mendable.has(found.problem.status)) throw found;
    const { groups, nodes } = view;
    const among = { ...(groups ? { groups } : {}), ...(nodes ? { nodes } : {}) };
    // Without it the table is still right.
    const summary = await orRefused(get<FleetSummary>('/fleet/summary', among));
    const page = fleetPage({
      ...{ view, found, reader: readerOf(request.credential!) },
      summary: 'problem' in summary ? null : summary,
    });
    return sendPage(reply, 'problem' in found ? found.problem.status : 200, page);
  };

export const showMachine =
  (ask: AskApi): Show =>
  async (request, reply) => {
    const { fqdn } = request.params as { fqdn: string };
    const view: MachineView = askedOf(request.url, ['process', 'history']);
    const get = getting(ask, request, reply);
    const fleet = await get<FleetAnswer>('/fleet', { nodes: fqdn, shape: 'nodes', limit: '2' });
    // A nodeset of several, or another spelling, is no machine's address.
    if (fleet.meta.total !== 1 || fleet.nodes?.[0]?.name !== fqdn)
      throw new ApiError('unknown-host', `there is no host ${fqdn}`);
    const host = `/hosts/${encodeURIComponent(fqdn)}`;
    const part = <T extends object>(path: string, query: Query = {}): Promise<T | RefusedError> =>
      orRefused(get<T>(path, query));
    const limit = String(historyRows);
    const parts: MachineParts = {
      ...{ fqdn, view, fleet, reader: readerOf(request.credential!) },
      processes: await part('/processes', { host: fqdn, limit: String(processRows) }),
      configuration: view.process === undefined ? null : await part(configurationOf(view.process)),
      obm: await part(`${host}/obm`),
      suggestion: await part(`${host}/suggestion`),
      notes: await part(`${host}/notes`),
      history: await part(
        `${host}/history`,
        view.history === undefined ? { limit } : { limit, cursor: view.history },
      ),
    };
    mustBeOf(fqdn, parts.configuration);
    return sendPage(reply, 200, machinePage(parts));
  };

const configurationOf = (fid: string): string =>
  `/processes/${encodeURIComponent(fid)}/configuration`;

/** A page of one machine shows no process of another. */
const mustBeOf = (fqdn: string, found: Configuration | object | null): void => {
  if (found && 'host' in found && found.host !== fqdn)
    throw new ApiError('unknown-process', `${fqdn} has no such process`);
};

type Query = Readonly<Record<string, string>>;

const getting =
  (ask: AskApi, request: FastifyRequest, reply: FastifyReply) =>
  <T>(path: string, query: Query): Promise<T> => {
    const said = new URLSearchParams(query).toString();
    const whole = said === '' ? path : `${path}?${said}`;
    return ask<T>(request, reply, { method: 'GET', path: whole, token: tokenOf(request) });
  };

const mendable: ReadonlySet<number> = new Set([400, 404, 410, 422]);

/** What was refused to somebody who has signed in, to be shown in its place. */
const orRefused = async <T extends object>(work: Promise<T>): Promise<T | RefusedError> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RefusedError && error.problem.status !== 401) return error;
    throw error;
  }
};

/** What the address asks for. A field that was left empty is none. @throws {ApiError} what is no field, or twice */
const askedOf = (url: string, fields: readonly string[]): Query => {
  const asked: Record<string, string> = {};
  for (const [name, value] of new URL(url, 'http://page.invalid').searchParams) {
    if (!fields.includes(name))
      throw new ApiError('invalid-request', `there is no field ${name} on this page`);
    if (name in asked) throw new ApiError('invalid-request', `${name} is given twice`);
    if (value.trim() !== '') asked[name] = value.trim();
  }
  return asked;
};
