import { describe, expect, it } from 'vitest';
import { humanText, titleOf } from '../../../src/session/title.ts';
import { cpuTime, expectLinearTime } from '../../support/growth.ts';

describe('session/title', () => {
  it('takes the first words of a human, in one line', () => {
    expect(titleOf(['  Add a test\n\tfor the   parser. '])).toBe('Add a test for the parser.');
  });

  it.each([
    ['a reminder of the agent', '<system-reminder>\nThese are the rules.\n</system-reminder>'],
    ['output of a local command', '<local-command-stdout>ok</local-command-stdout>'],
    ['the surroundings', '<environment_context>\n  <cwd>/srv</cwd>\n</environment_context>'],
    ['the rules of a project', '# AGENTS.md instructions for /srv\n\n<INSTRUCTIONS>\nBe brief.\n</INSTRUCTIONS>'],
    ['a summary', 'This session is being continued from a previous conversation that ran out of context.'],
    ['a probe of the quota', 'quota'],
    ['a reminder that is cut off', '<system-reminder>no end'],
    ['nothing', ' \n '],
  ])('finds no human in %s, and goes on to the next text', (_, text) => {
    expect(humanText(text)).toBe('');
    expect(titleOf([text])).toBeNull();
    expect(titleOf([text, 'Fix the build'])).toBe('Fix the build');
  });

  it('takes the wrappers off what a human wrote', () => {
    expect(titleOf(['<system-reminder>rules</system-reminder><user_query>Why is it slow?</user_query>'])).toBe(
      'Why is it slow?',
    );
    expect(titleOf(['<command-message>review is running</command-message><command-name>/review</command-name>'])).toBe(
      '/review',
    );
    expect(titleOf(['if a < b and c > d, what then?'])).toBe('if a < b and c > d, what then?');
  });

  it('shortens to 120 characters, without half a character at the end', () => {
    const title = titleOf([`${'a'.repeat(118)}😀${'b'.repeat(50)}`]);
    expect(title).toBe(`${'a'.repeat(118)}…`);
    expect(titleOf(['a'.repeat(120)])).toBe('a'.repeat(120));
  });

  it('reads hostile texts in linear time', async () => {
    await expectLinearTime(
      (size) => {
        const text = '<context '.repeat(size) + '<system-reminder>'.repeat(size);
        return () => titleOf([text, text, text]);
      },
      20_000,
      'titles',
      cpuTime,
    );
  });
});
