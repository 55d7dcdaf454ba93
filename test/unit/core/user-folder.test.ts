import { describe, expect, it } from 'vitest';
import { userFolder } from '../../../src/core/user-folder.ts';

const unknownUser = (): never => {
  throw new Error('uv_os_homedir returned ENOENT');
};

describe('core/user-folder', () => {
  it('is what the environment says, if that is a whole path', () => {
    expect(userFolder({ HOME: '/home/ada' }, [() => '/other'])).toBe('/home/ada');
    for (const HOME of [undefined, '', 'ada', './ada']) expect(userFolder({ HOME }, [() => '/other'])).toBe('/other');
  });

  it('asks on where a source knows no whole path, or does not know the user', () => {
    expect(userFolder({}, [() => 'ada', unknownUser, () => '/home/ada'])).toBe('/home/ada');
  });

  it('is unknown for a user id that nothing names', () => {
    expect(userFolder({}, [unknownUser, () => ''])).toBeNull();
  });
});
