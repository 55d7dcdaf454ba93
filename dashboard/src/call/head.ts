export interface Head {
  startLine: string;
  headers: { name: string; value: string }[];
}

/** As the API gives it: the start line, then `name: value`, as they came. */
export function parseHead(text: string): Head {
  const [startLine = '', ...lines] = text.split(/\r?\n/);
  return {
    startLine,
    headers: lines
      .filter((line) => line !== '')
      .map((line) => {
        const colon = line.indexOf(':');
        return { name: line.slice(0, colon), value: line.slice(colon + 1).trimStart() };
      }),
  };
}
