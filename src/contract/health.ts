/** Whether the station runs. */

import { Type } from 'typebox';
import { ask } from './endpoint.ts';
import { RevisionNumber } from './values.ts';

export const Health = Type.Object({ ok: Type.Boolean() });

export const Readiness = Type.Object({ ok: Type.Boolean(), revision: RevisionNumber });

export const healthy = ask({
  answeredBy: 'itself',
  path: '/healthz',
  bare: true,
  access: 'public',
  tag: 'station',
  summary: 'Whether the station runs',
  reply: Health,
});

export const ready = ask({
  answeredBy: 'itself',
  path: '/readyz',
  bare: true,
  access: 'public',
  tag: 'station',
  summary: 'Whether the files are in place and everything decided so far is durable',
  reply: Readiness,
});

export const metrics = ask({
  answeredBy: 'itself',
  path: '/metrics',
  bare: true,
  access: 'viewer',
  tag: 'station',
  summary: 'Metrics for Prometheus',
  reply: Type.String(),
  content: { 'text/plain': Type.String() },
});
