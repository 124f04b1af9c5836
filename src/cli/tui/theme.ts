import { styleText } from 'node:util';
import type { EditorTheme, MarkdownTheme, SelectListTheme } from '@earendil-works/pi-tui';

type Style = Parameters<typeof styleText>[0];

/** Styles for the screen; plain where the person wants no colours. */
export function style(format: Style): (text: string) => string {
  return (text) => (process.env.NO_COLOR ? text : styleText(format, text, { validateStream: false }));
}

export const dim = style('dim');
export const bold = style('bold');
export const red = style('red');
export const green = style('green');
export const yellow = style('yellow');
export const cyan = style('cyan');
export const magenta = style('magenta');

export const selectTheme: SelectListTheme = {
  selectedPrefix: cyan,
  selectedText: cyan,
  description: dim,
  scrollInfo: dim,
  noMatch: dim,
};

export const editorTheme: EditorTheme = { borderColor: dim, selectList: selectTheme };

export const markdownTheme: MarkdownTheme = {
  heading: style(['bold', 'cyan']),
  link: style('underline'),
  linkUrl: dim,
  code: yellow,
  codeBlock: style('gray'),
  codeBlockBorder: dim,
  quote: style('italic'),
  quoteBorder: dim,
  hr: dim,
  listBullet: cyan,
  bold,
  italic: style('italic'),
  strikethrough: style('strikethrough'),
  underline: style('underline'),
};
