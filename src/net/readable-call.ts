/** Request bodies that come compressed, as Codex sends them: to be read, and changed, they are opened. */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { Decompress } from 'fzstd';
import { zstdWindow } from '../core/zstd-window.ts';
import { BodyModel } from '../gateway/body-model.ts';
import type { ClientCall } from '../gateway/target-request.ts';

/** Nobody asks more of a model; a small body that becomes a large one must not cost memory. */
const MAX_BYTES = 64 * 1024 * 1024;

type Open = (bytes: Buffer) => Promise<Buffer>;

type Unzip = (
  bytes: Buffer,
  options: { maxOutputLength: number },
  done: (error: Error | null, result: Buffer) => void,
) => void;

const opened = (decompress: Unzip): Open => {
  const open = promisify(decompress);
  return (bytes) => open(bytes, { maxOutputLength: MAX_BYTES });
};

/** Node's own is there since 22.15 only. */
function unzstd(bytes: Buffer): Promise<Buffer> {
  if (zstdWindow(bytes) > MAX_BYTES) return Promise.reject(new Error('too large a window'));
  const parts: Buffer[] = [];
  let length = 0;
  const decoder = new Decompress((part) => {
    length += part.length;
    if (length > MAX_BYTES) throw new Error('too long');
    // What it hands out, it uses again.
    parts.push(Buffer.from(part));
  });
  try {
    decoder.push(bytes, true);
    return Promise.resolve(Buffer.concat(parts));
  } catch (cause) {
    return Promise.reject(new Error('no zstd', { cause }));
  }
}

const CODINGS: Readonly<Record<string, Open>> = {
  gzip: opened(gunzip),
  'x-gzip': opened(gunzip),
  deflate: opened(inflate),
  br: opened(brotliDecompress),
  zstd: unzstd,
};

/** The coding of its body; null = it is as it reads. */
export function bodyCoding({ headers }: Pick<ClientCall, 'headers'>): string | null {
  const coding =
    headers
      .find(([name]) => name.toLowerCase() === 'content-encoding')?.[1]
      .trim()
      .toLowerCase() ?? '';
  return coding === '' || coding === 'identity' ? null : coding;
}

/** The same call with its body opened; as it is where that cannot be done. */
export async function readableCall(call: ClientCall): Promise<ClientCall> {
  const open = CODINGS[bodyCoding(call) ?? ''];
  if (open === undefined) return call;
  try {
    const plain = await open(Buffer.concat(call.chunks));
    const body = new BodyModel();
    body.push(plain);
    const headers = call.headers.filter(([name]) => name.toLowerCase() !== 'content-encoding');
    return { ...call, headers, chunks: [plain], body };
  } catch {
    // It is not what it says, or too long: its target is told so.
    return call;
  }
}
