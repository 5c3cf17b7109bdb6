/** Asks a station and reads its answers whole, in a thread of its own: the station's is what is measured. */

import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answered, Question } from './reading.ts';

const { url, token } = workerData as { url: string; token: string };
const agent = new Agent({ keepAlive: true });
const headers = { authorization: `Bearer ${token}` };

/** The text only where it is wanted: it may be large. */
const ask = ({ path, isKept }: Question): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    get(url + path, { agent, headers }, (response) => {
      let [bytes, text] = [0, ''];
      response.on('data', (data: Buffer) => {
        bytes += data.length;
        if (isKept || response.statusCode !== 200) text += data.toString();
      });
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode !== 200) return reject(new Error(`${path}: ${text}`));
        resolve({ ms: performance.now() - began, bytes, text });
      });
    }).once('error', reject);
  });

parentPort!.on('message', (question: Question) => {
  void ask(question).then((answered) => parentPort!.postMessage(answered));
});
