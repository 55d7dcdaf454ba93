import { describe, expect, it } from 'vitest';
import type { HeaderPairs } from '../../../src/core/headers.ts';
import { unknownUsage, type Usage } from '../../../src/core/usage.ts';
import { addHeaderUsage, errorTypeOf, grpcErrorOf } from '../../../src/usage/header-facts.ts';

const MAP = {
  tokens: { input_tokens: 'x-in + x-cached?', output_tokens: ['x-out', 'x-generated'], cache_read_tokens: 'x-cached' },
  units: { characters: 'x-characters' },
};

function add(body: Partial<Usage>, headers: HeaderPairs): { usage: Usage; anomalies: string[] } {
  const usage = { ...unknownUsage(), ...body };
  return { usage, anomalies: addHeaderUsage(usage, MAP, headers) };
}

describe('usage/header-facts addHeaderUsage', () => {
  it('counts by the headers where the body states nothing', () => {
    const headers: HeaderPairs = [
      ['X-In', '10'],
      ['x-cached', ' 4 '],
      ['X-GENERATED', '3'],
      ['x-other', '7'],
    ];
    expect(add({}, headers)).toMatchObject({
      usage: {
        input_tokens: 14,
        output_tokens: 3,
        cache_read_tokens: 4,
        source: 'header',
        state: 'final',
        raw: { 'x-in': 10, 'x-cached': 4, 'x-generated': 3 },
      },
      anomalies: [],
    });
    expect(add({}, [['x-characters', '120']]).usage).toMatchObject({ units: { characters: 120 }, source: 'header' });
  });

  it('fills what the body leaves open, and keeps where the rest came from', () => {
    const body = { input_tokens: 14, source: 'json', state: 'final' } as const;
    expect(
      add(body, [
        ['x-in', '10'],
        ['x-cached', '4'],
        ['x-out', '3'],
      ]),
    ).toMatchObject({
      usage: { input_tokens: 14, output_tokens: 3, cache_read_tokens: null, source: 'json' },
      anomalies: [],
    });
  });

  it('believes the body, and says so where they differ', () => {
    const body = { input_tokens: 14, output_tokens: 3, source: 'json', state: 'final' } as const;
    expect(
      add(body, [
        ['x-in', '14'],
        ['x-out', '4'],
      ]),
    ).toMatchObject({
      usage: { input_tokens: 14, output_tokens: 3, source: 'json' },
      anomalies: ['header_body_mismatch'],
    });
    expect(
      add(body, [
        ['x-in', '14'],
        ['x-out', '3'],
      ]).anomalies,
    ).toEqual([]);
  });

  it('takes nothing that is no count', () => {
    for (const value of ['', '-1', '1e3', '0x10', 'NaN', '5, 6', '12345678901234567890', '1.5']) {
      expect(add({}, [['x-in', value]]).usage).toMatchObject({ input_tokens: null, source: null, state: 'none' });
    }
  });
});

describe('usage/header-facts errorTypeOf', () => {
  it('gives the name of an AWS error without what AWS puts around it', () => {
    expect(errorTypeOf([['X-Amzn-ErrorType', 'ThrottlingException']])).toBe('ThrottlingException');
    expect(errorTypeOf([['X-Amzn-ErrorType', 'ValidationException:http://internal.example/x/']])).toBe(
      'ValidationException',
    );
    expect(errorTypeOf([['X-Amzn-ErrorType', 'com.example.coral#AccessDeniedException']])).toBe(
      'AccessDeniedException',
    );
    expect(errorTypeOf([['X-Amzn-ErrorType', '<script>']])).toBeNull();
    expect(errorTypeOf([['X-Amzn-ErrorType', '']])).toBeNull();
    expect(errorTypeOf([])).toBeNull();
  });
});

describe('usage/header-facts grpcErrorOf', () => {
  it('names the status of an answer without a body', () => {
    expect(grpcErrorOf([['grpc-status', '0']])).toBeNull();
    expect(grpcErrorOf([['grpc-status', 'x']])).toBeNull();
    expect(grpcErrorOf([])).toBeNull();
    expect(
      grpcErrorOf([
        ['grpc-status', '16'],
        ['grpc-message', 'no %'],
      ]),
    ).toEqual({ type: 'UNAUTHENTICATED', message: 'no %' });
    expect(grpcErrorOf([['grpc-status', '99']])).toEqual({ type: 'grpc_99', message: '' });
  });
});
