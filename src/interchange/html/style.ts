/** The look of an exported session: dark and light by the reader's system, and on paper. */
import { createHash } from 'node:crypto';

export const STYLE = `
:root{color-scheme:light dark;--bg:#fbfbfa;--surface:#fff;--line:#e6e5e1;--text:#1b1b18;--muted:#63625c;--accent:#0f766e;--bad:#b91c1c;--warn:#92400e}
@media (prefers-color-scheme:dark){:root{--bg:#111210;--surface:#181917;--line:#2c2d2a;--text:#ecebe6;--muted:#a3a29b;--accent:#2dd4bf;--bad:#f87171;--warn:#fbbf24}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:14px/21px ui-sans-serif,system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{display:flex;flex-direction:column;max-width:960px;margin:0 auto;padding:16px}
h1{font-size:20px;line-height:28px;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:14px;margin:0}
h3{font-size:12px;font-weight:400;color:var(--muted);margin:0;min-width:80px}
p{margin:0}
a{color:var(--accent)}
header,#summary{order:-1}
#summary{margin:0 0 16px}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{text-align:right;padding:2px 8px;border-top:1px solid var(--line);font-weight:400}
th{color:var(--muted);border-top:0}
th:first-child,td:first-child,th:nth-child(2),td:nth-child(2){text-align:left}
.muted,.facts{color:var(--muted);font-size:12px}
.bad{color:var(--bad)}
.warn{color:var(--warn)}
article{background:var(--surface);border:1px solid var(--line);border-radius:6px;padding:8px 12px;margin:0 0 8px;content-visibility:auto;contain-intrinsic-size:auto 200px}
article.sub{margin-left:24px;border-left:3px solid var(--accent)}
article:target{outline:2px solid var(--accent)}
.turn{display:flex;gap:12px;padding:6px 0;border-top:1px solid var(--line);margin-top:6px}
.turn>div{min-width:0;flex:1}
.text,pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;unicode-bidi:plaintext}
.text{max-width:76ch}
pre,code,.id{font:12px/18px ui-monospace,Menlo,monospace}
pre{background:var(--bg);border:1px solid var(--line);border-radius:4px;padding:8px;margin:4px 0}
details>summary{cursor:pointer;color:var(--muted);font-size:12px;line-height:24px;overflow-wrap:anywhere}
details>summary code{color:var(--text)}
img{max-width:100%;max-height:480px;border:1px solid var(--line)}
i{font:11px ui-monospace,monospace;color:var(--warn);border:1px solid currentColor;border-radius:3px;padding:0 2px}
:focus-visible{outline:2px solid var(--accent)}
@media (max-width:600px){.turn{flex-direction:column;gap:2px}article.sub{margin-left:8px}}
@media print{body{background:#fff;color:#000}main{max-width:none;padding:0}article{break-inside:auto;content-visibility:visible}details::details-content{content-visibility:visible;block-size:auto}}
`;

/** Nothing is loaded, nothing runs, nothing is sent: pictures are in the page, and of styles there is this one. */
export const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; img-src data:; base-uri 'none'; form-action 'none'`;
