/** The first characters of a text, not between the halves of one. */
export function beginning(text: string, most: number): string {
  if (text.length <= most) return text;
  const code = text.charCodeAt(most - 1);
  return text.slice(0, code >= 0xd8_00 && code < 0xdc_00 ? most - 1 : most);
}
