/** What an agent can say faster than anybody wants to know it. */

import { setImmediate } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { factsOf } from '../station.ts';
import type { Flood, Target } from './flood.ts';

const connected = async ({ url, tokens, agentHost }: Target): Promise<WebSocket | null> => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/agent`, {
    headers: { authorization: `Bearer ${tokens.agent}` },
    perMessageDeflate: false,
  });
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once('open', () => resolve(true)).once('error', () => resolve(false));
  });
  socket.on('error', () => undefined);
  if (!isOpen) return null;
  socket.send(JSON.stringify({ type: 'hello', protocol: 1, fqdn: agentHost }));
  return socket;
};

/** What the agent's own side may hold: the flood must not be what runs out of memory. */
const unsentMax = 4 * 1024 * 1024;

/**
 * Says one thing after the other as fast as the connection takes it, and connects anew when cut; something is said however
 * soon the end comes.
 */
const keepTalking =
  (message: (target: Target, i: number) => object, isReading: boolean): Flood['run'] =>
  async (target, end) => {
    let said = 0;
    const isOver = (): boolean => end.aborted && said > 0;
    while (!isOver()) {
      const socket = await connected(target);
      if (!isReading) socket?.pause();
      while (socket?.readyState === WebSocket.OPEN && !isOver()) {
        for (let i = 0; i < 100 && socket.bufferedAmount < unsentMax; i += 1)
          socket.send(JSON.stringify(message(target, (said += 1))));
        await setImmediate();
      }
      socket?.terminate();
      await setImmediate();
    }
    return said;
  };

export const unreadAgent: Flood = {
  name: "an agent's unchanged node-ups, answers unread",
  run: keepTalking(
    ({ agentHost: fqdn }, id) => ({ type: 'node-up', id, fqdn, facts: factsOf(0, 0) }),
    false,
  ),
};

export const restlessAgent: Flood = {
  name: "an agent's facts, each other than the last",
  run: keepTalking(
    ({ agentHost: fqdn }, id) => ({ type: 'node-up', id, fqdn, facts: factsOf(0, id) }),
    true,
  ),
};

export const wrongAgent: Flood = {
  name: "an agent's reports of processes that are not its own",
  run: keepTalking(
    ({ fid }, id) => ({
      type: 'process',
      id,
      fid,
      generation: 1,
      state: 'online',
      pid: 1,
      reason: '',
    }),
    true,
  ),
};
