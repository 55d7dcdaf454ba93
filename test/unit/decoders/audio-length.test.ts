import { describe, expect, it } from 'vitest';
import { audioSeconds, pcmSeconds } from '../../../src/decoders/audio-length.ts';

function wav(options: { rate?: number; channels?: number; dataSize?: number; extra?: string } = {}): Buffer {
  const { rate = 16_000, channels = 1, dataSize = 32_000, extra = '' } = options;
  const format = Buffer.alloc(24);
  format.write('fmt ', 0, 'latin1');
  format.writeUInt32LE(16, 4);
  format.writeUInt16LE(1, 8);
  format.writeUInt16LE(channels, 10);
  format.writeUInt32LE(rate, 12);
  format.writeUInt32LE(rate * channels * 2, 16);
  const list = Buffer.alloc(extra === '' ? 0 : 8 + extra.length + (extra.length % 2));
  if (extra !== '') {
    list.write('LIST', 0, 'latin1');
    list.writeUInt32LE(extra.length, 4);
    list.write(extra, 8, 'latin1');
  }
  const data = Buffer.alloc(8);
  data.write('data', 0, 'latin1');
  data.writeUInt32LE(dataSize, 4);
  return Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'), format, list, data]);
}

/** MPEG 1 layer III, 128 kbit/s, 44.1 kHz, stereo. */
const FRAME = Buffer.from([0xff, 0xfb, 0x90, 0x00]);

describe('decoders/audio-length', () => {
  it('reads the seconds of a WAV file', () => {
    expect(audioSeconds(wav(), 44 + 32_000)).toBe(1);
    expect(audioSeconds(wav({ rate: 48_000, channels: 2, dataSize: 480_000 }), 480_044)).toBe(2.5);
    expect(audioSeconds(wav({ extra: 'odd' }), 56 + 32_000)).toBe(1);
  });

  it('takes the length of a file whose recorder did not know its own', () => {
    expect(audioSeconds(wav({ dataSize: 0 }), 44 + 64_000)).toBe(2);
    expect(audioSeconds(wav({ dataSize: 0xffffffff }), 44 + 64_000)).toBe(2);
  });

  it('reads MP3 by a constant bit rate, behind tags too', () => {
    expect(audioSeconds(FRAME, 160_000)).toBe(10);
    const tag = Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 1, 2, ...Buffer.alloc(130)]);
    expect(audioSeconds(Buffer.concat([tag, FRAME]), 140 + 160_000)).toBe(10);
  });

  it('reads MP3 by its number of frames where the encoder wrote it', () => {
    const first = Buffer.alloc(200);
    FRAME.copy(first);
    first.write('Xing', 36, 'latin1');
    first.writeUInt32BE(1, 40);
    first.writeUInt32BE(1000, 44);
    expect(audioSeconds(first, 160_000)).toBeCloseTo((1000 * 1152) / 44_100, 9);
  });

  it('does not know other formats, and believes no nonsense', () => {
    for (const head of ['', 'OggS', 'fLaC', 'RIFF', 'RIFF\0\0\0\0WAVE', 'ID3', '\xff\xfb', '{"url":"x"}']) {
      expect(audioSeconds(Buffer.from(head, 'latin1'), 100_000)).toBeNull();
    }
    expect(audioSeconds(FRAME, 1e13)).toBeNull();
    const whole = wav();
    for (let length = 0; length < whole.length; length += 1) {
      expect(audioSeconds(whole.subarray(0, length), length)).toBeNull();
    }
  });

  it('reads raw samples', () => {
    expect(pcmSeconds(32_000, { rate: 8000, channels: 2, bytesPerSample: 2 })).toBe(1);
    expect(pcmSeconds(0, { rate: 8000, channels: 1, bytesPerSample: 2 })).toBeNull();
  });
});
