/** The driver of Redfish at a service with the quirks of real ones. */

import type { Test } from 'tap';
import type { Driver } from '../../src/obm/drivers/driver.ts';
import { driverFor } from './drivers.ts';
import { RedfishService } from './redfish-service.ts';
import type { Quirks } from './redfish-service.ts';

export const startRedfish = async (
  t: Test,
  quirks: Partial<Quirks> = {},
  more: object = {},
): Promise<{ service: RedfishService; driver: Driver }> => {
  const service = await RedfishService.start(t);
  Object.assign(service.quirks, quirks);
  return { service, driver: driverFor(t, 'redfish', { ...service.info, ...more }) };
};

/** The machine, as the service names it. */
export const system = '/redfish/v1/Systems/node-1/';
