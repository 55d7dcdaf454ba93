import { describe, expect, it } from 'vitest';
import {
  defaultLayout,
  fitting,
  layoutFrom,
  moved,
  resized,
  shifted,
  toggled,
} from '../../../dashboard/src/calls/layout.ts';

const COLUMNS = [{ id: 'time' }, { id: 'model' }, { id: 'host', extra: true }, { id: 'cost' }];

describe('dashboard/calls/layout.ts', () => {
  it('begins with the columns in their order, extra ones hidden', () => {
    expect(layoutFrom(null, COLUMNS)).toEqual({
      order: ['time', 'model', 'host', 'cost'],
      hidden: ['host'],
      widths: {},
    });
  });

  it('comes back as it was kept', () => {
    const layout = resized(moved(toggled(defaultLayout(COLUMNS), 'time'), 'cost', 'time'), 'model', 240);
    expect(layoutFrom(JSON.stringify(layout), COLUMNS)).toEqual(layout);
  });

  it('puts columns that are new where they belong, extra ones hidden, and forgets those that are gone', () => {
    const kept = JSON.stringify({
      order: ['cost', 'gone', 'time'],
      hidden: ['time', 'gone'],
      widths: { gone: 9, cost: 90 },
    });
    expect(layoutFrom(kept, COLUMNS)).toEqual({
      order: ['cost', 'time', 'model', 'host'],
      hidden: ['time', 'host'],
      widths: { cost: 90 },
    });
  });

  it.each(['', '{', '[]', '7', '{"order":7}', '{"order":[7,"time"],"widths":{"time":"wide"}}', '{"widths":null}'])(
    'takes no harm from what somebody wrote by hand: %s',
    (kept) => {
      const { order, widths } = layoutFrom(kept, COLUMNS);
      expect(order.toSorted()).toEqual(['cost', 'host', 'model', 'time']);
      expect(widths).toEqual({});
    },
  );

  it('keeps widths within what can be read and what fits', () => {
    const layout = defaultLayout(COLUMNS);
    expect(resized(layout, 'time', 1).widths).toEqual({ time: 24 });
    expect(resized(layout, 'time', 99_999).widths).toEqual({ time: 1200 });
  });

  it('leaves out what matters least where there is little room, and never what was paid', () => {
    const columns = ['time', 'model', 'session', 'cache', 'cost'].map((id) => ({ id, width: '100px' }));
    const ids = (room: number): string =>
      fitting(columns, room)
        .map(({ id }) => id)
        .join(' ');
    expect(ids(2000)).toBe('time model session cache cost');
    expect(ids(460)).toBe('time model session cost');
    expect(ids(350)).toBe('time model cost');
    expect(ids(0)).toBe('time model cost');
  });

  it('moves a column before another, to the end, and by one place as far as there is one', () => {
    const layout = defaultLayout(COLUMNS);
    expect(moved(layout, 'cost', 'model').order).toEqual(['time', 'cost', 'model', 'host']);
    expect(moved(layout, 'time', null).order).toEqual(['model', 'host', 'cost', 'time']);
    expect(shifted(layout, 'model', -1).order).toEqual(['model', 'time', 'host', 'cost']);
    expect(shifted(layout, 'time', -1)).toBe(layout);
    expect(shifted(layout, 'cost', 1)).toBe(layout);
  });
});
