/** Colours of code, of the languages that are met most. Loaded when the first block of code is shown. */
import core from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import java from 'highlight.js/lib/languages/java';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

const LANGUAGES = { bash, diff, go, java, json, python, rust, typescript, xml, yaml };
for (const [name, language] of Object.entries(LANGUAGES)) core.registerLanguage(name, language);
core.registerAliases(['javascript', 'js', 'jsx', 'tsx', 'mjs', 'cjs'], { languageName: 'typescript' });
core.registerAliases(['shell', 'console'], { languageName: 'bash' });

/** @returns HTML of spans with classes, to be sanitised like any other; null = nobody knows the language */
export function highlighted(code: string, language: string): string | null {
  if (core.getLanguage(language) === undefined) return null;
  return core.highlight(code, { language, ignoreIllegals: true }).value;
}
