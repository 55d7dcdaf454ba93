/** Sample rate, channels and bytes per sample of raw audio. */
export interface PcmFormat {
  rate: number;
  channels: number;
  bytesPerSample: number;
}

const MAX_SECONDS = 7 * 24 * 3600;

/**
 * Seconds of an audio file by its first bytes and its length: WAV, MP3 (by its frame count where it has one, else by a
 * constant bit rate). Null = not one of these, or not to be told from there.
 */
export function audioSeconds(head: Uint8Array, length: number): number | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const seconds = wavSeconds(bytes, length) ?? mp3Seconds(bytes, length);
  return plausible(seconds);
}

/** Seconds of raw samples. */
export function pcmSeconds(length: number, { rate, channels, bytesPerSample }: PcmFormat): number | null {
  return plausible(length / (rate * channels * bytesPerSample));
}

function plausible(seconds: number | null): number | null {
  return seconds !== null && seconds > 0 && seconds <= MAX_SECONDS ? seconds : null;
}

function wavSeconds(bytes: Buffer, length: number): number | null {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') return null;
  let bytesPerSecond = 0;
  for (let at = 12; at + 8 <= bytes.length;) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    if (name === 'fmt ' && at + 20 <= bytes.length) bytesPerSecond = bytes.readUInt32LE(at + 16);
    // Recorders that stream do not know the size yet and write 0 or the largest number.
    if (name === 'data' && bytesPerSecond > 0) {
      const rest = length - at - 8;
      return (size === 0 || size > rest ? rest : size) / bytesPerSecond;
    }
    at += 8 + size + (size % 2);
  }
  return null;
}

/** kbit/s by index, of layer III: MPEG 1, and MPEG 2 and 2.5. */
const BIT_RATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BIT_RATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const SAMPLE_RATES = [44_100, 48_000, 32_000];
const MPEG_1 = { bitRates: BIT_RATES_1, slower: 1, samples: 1152, sideInfo: 32, sideInfoMono: 17 };
const MPEG_2 = { bitRates: BIT_RATES_2, slower: 2, samples: 576, sideInfo: 17, sideInfoMono: 9 };
const MPEG_2_5 = { ...MPEG_2, slower: 4 };
/** By the two bits of a frame's head; the second means nothing. */
const MPEG_VERSIONS = [MPEG_2_5, null, MPEG_2, MPEG_1];

interface Mp3Frame {
  bitRate: number;
  sampleRate: number;
  samples: number;
  /** Where an encoder puts the number of frames, from the frame's start. */
  infoAt: number;
}

function mp3Seconds(bytes: Buffer, length: number): number | null {
  const start = bytes.toString('latin1', 0, 3) === 'ID3' && bytes.length >= 10 ? id3Length(bytes) : 0;
  const frame = mp3Frame(bytes, start);
  if (frame === null) return null;
  const info = start + frame.infoAt;
  const mark = bytes.toString('latin1', info, info + 4);
  if ((mark === 'Xing' || mark === 'Info') && info + 12 <= bytes.length && (bytes[info + 7] ?? 0) & 1) {
    return (bytes.readUInt32BE(info + 8) * frame.samples) / frame.sampleRate;
  }
  return ((length - start) * 8) / frame.bitRate;
}

function id3Length(bytes: Buffer): number {
  let size = 0;
  for (let index = 6; index < 10; index += 1) size = size * 128 + ((bytes[index] ?? 0) & 0x7f);
  return size + 10;
}

function mp3Frame(bytes: Buffer, at: number): Mp3Frame | null {
  if (at + 4 > bytes.length) return null;
  const word = bytes.readUInt32BE(at);
  const version = MPEG_VERSIONS[(word >>> 19) & 3] ?? null;
  const isLayer3 = word >>> 21 === 0x7ff && ((word >>> 17) & 3) === 1;
  if (!isLayer3 || version === null) return null;
  const kilobits = version.bitRates[(word >>> 12) & 15] ?? 0;
  const sampleRate = SAMPLE_RATES[(word >>> 10) & 3];
  if (kilobits === 0 || sampleRate === undefined) return null;
  const isMono = ((word >>> 6) & 3) === 3;
  return {
    bitRate: kilobits * 1000,
    sampleRate: sampleRate / version.slower,
    samples: version.samples,
    infoAt: 4 + (isMono ? version.sideInfoMono : version.sideInfo),
  };
}
