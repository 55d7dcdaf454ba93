/** Every runtime of docs/clients.md; fetches Node binaries and libraries once, so it runs by `npm run test:clients` only. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import {
  CURL_CLIENT,
  goClient,
  javaClient,
  nodeClients,
  nodeLibraryClients,
  pythonClient,
  WGET_CLIENT,
} from './clients.ts';
import { checkWithEnv, checkWithRun, type Client } from './expectations.ts';
import { fetchRuntimes, type Runtimes } from './runtimes.ts';
import { openStage, type Stage } from './stage.ts';
import { Matrix } from './matrix.ts';

const IS_WANTED =
  process.env['LLM_PROXY_TEST_CLIENTS'] !== undefined || process.env['npm_lifecycle_event'] === 'test:clients';
const runtimes: Runtimes | null = IS_WANTED ? await fetchRuntimes() : null;

const WAYS = [
  ['run', checkWithRun],
  ['env', checkWithEnv],
] as const;

function clientsOf({ nodes, libraries, python, java, goBinary, curl, wget }: Runtimes): Client[] {
  return [
    ...(curl === null ? [] : [CURL_CLIENT]),
    ...(wget === null ? [] : [WGET_CLIENT]),
    ...nodes.flatMap(({ path, version }) => nodeClients(path, `Node ${version}`)),
    ...nodes.flatMap(({ path, version }) =>
      libraries === null ? [] : nodeLibraryClients(path, `Node ${version}`, libraries),
    ),
    ...(python === null ? [] : python.libraries.map((library) => pythonClient(python.path, library))),
    ...(java === null ? [] : [javaClient('java')]),
    ...(goBinary === null ? [] : [goClient(goBinary)]),
  ];
}

describe.skipIf(runtimes === null)('e2e/clients of every runtime', () => {
  const matrix = new Matrix();
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(async () => {
    await stage.close();
    if (runtimes !== null && process.env['LLM_PROXY_TEST_CLIENTS'] === 'write') matrix.write(runtimes);
  });

  for (const client of runtimes === null ? [] : clientsOf(runtimes)) {
    for (const [way, check] of WAYS) {
      it(`meters ${client.name} under ${way}`, async () => {
        matrix.set(client.name, way, 'failed');
        await check(stage, client);
        matrix.set(client.name, way, 'ok');
      }, 90_000);
    }
  }
  for (const gap of runtimes?.gaps ?? []) it.skip(`${gap.client}: ${gap.reason}`, () => {});
});
