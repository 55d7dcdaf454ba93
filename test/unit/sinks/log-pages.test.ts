import { describe, expect, it } from 'vitest';
import { LogPages } from '../../../src/sinks/log-pages.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

describe('sinks/log-pages', () => {
  it('puts sections one after the other into a page', () => {
    const page = new LogPages().withRoom(null, 10);
    page.append(['o', 'ne\n']);
    page.append(['zwölf\n']);
    expect(text(page.bytes(4, page.used))).toBe('zwölf\n');
    expect(text(page.bytes(0, page.used))).toBe('one\nzwölf\n');
  });

  it('gives another page when a section does not fit, and one of its own to a long one', () => {
    const pages = new LogPages();
    const page = pages.withRoom(null, 1);
    page.append(['x']);
    expect(pages.withRoom(page, page.size - 1)).toBe(page);
    expect(pages.withRoom(page, page.size)).not.toBe(page);
    expect(pages.withRoom(page, page.size + 1).size).toBe(page.size + 1);
  });

  it('takes back a section that is not written after all', () => {
    const page = new LogPages().withRoom(null, 10);
    page.append(['one']);
    page.append(['two']);
    page.takeBack(3);
    page.append(['3']);
    expect([text(page.bytes(0, page.used)), page.queued]).toEqual(['one3', 2]);
  });

  it('uses a page again only when the last of its sections is released', () => {
    const pages = new LogPages();
    const page = pages.withRoom(null, 2);
    page.append(['a']);
    page.append(['b']);
    pages.release(page);
    expect(pages.withRoom(null, 1)).not.toBe(page);
    pages.release(page);
    const again = pages.withRoom(null, 1);
    expect(again).toBe(page);
    expect(again.used).toBe(0);
  });
});
