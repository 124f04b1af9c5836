/**
 * Draws what a command prints as an SVG, for the README:
 *
 *     FORCE_COLOR=1 node bin/kino.js demo | node scripts/picture.ts docs/demo.svg "npm run demo"
 */
import { writeFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';

const COLOURS: Record<string, string> = {
  31: '#e5786d',
  32: '#8ac27a',
  33: '#d8b765',
  34: '#7aa6da',
  36: '#7cc5c9',
};
const WIDTH = 8.4;
const HEIGHT = 19;

interface Style {
  fill: string;
  bold: boolean;
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** A style lasts until it is changed, over line ends as well. */
let style: Style = { fill: '#d6d9de', bold: false };

/** One line of terminal text as `tspan`s. */
function spans(line: string): string {
  return line
    .split(/\u001b\[([0-9;]*)m/)
    .map((part, index) => {
      if (index % 2 === 1) {
        style = next(style, part);
        return '';
      }
      if (part === '') return '';
      return `<tspan fill="${style.fill}"${style.bold ? ' font-weight="700"' : ''}>${escapeXml(part)}</tspan>`;
    })
    .join('');
}

function next(style: Style, code: string): Style {
  if (code === '1') return { ...style, bold: true };
  if (code === '2') return { ...style, fill: '#8b929c' };
  if (code === '22') return { fill: '#d6d9de', bold: false };
  if (code === '39' || code === '0') return { ...style, fill: '#d6d9de' };
  return { ...style, fill: COLOURS[code] ?? style.fill };
}

const [file, command = ''] = process.argv.slice(2);
if (file === undefined) {
  console.error('… | node scripts/picture.ts <file.svg> [command]');
  process.exit(2);
}
const lines = [
  `\u001b[2m$\u001b[22m \u001b[1m${command}\u001b[22m`,
  '',
  ...(await readAll(process.stdin)).trimEnd().split('\n'),
];
const columns = Math.max(...lines.map((line) => [...line.replace(/\u001b\[[0-9;]*m/g, '')].length));
const width = Math.ceil(columns * WIDTH + 40);
const height = lines.length * HEIGHT + 36;
const body = lines
  .map((line, row) => `<text x="20" y="${32 + row * HEIGHT}" xml:space="preserve">${spans(line)}</text>`)
  .join('\n');
writeFileSync(
  file,
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
<title>What ${escapeXml(command)} prints</title>
<rect width="100%" height="100%" rx="10" fill="#1d2026"/>
${body}
</svg>
`,
);
