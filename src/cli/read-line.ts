import { createInterface } from 'node:readline/promises';
import { UsageError } from './exit.ts';

/** A line that the person is asked for, or that comes on standard input. @throws UsageError where none comes */
export async function readLine(question: string): Promise<string> {
  const { stdin, stderr } = process;
  const lines = createInterface({ input: stdin, output: stderr, terminal: stdin.isTTY === true });
  try {
    if (stdin.isTTY) return (await lines.question(question)).trim();
    for await (const line of lines) return line.trim();
    throw new UsageError(`Nothing was said where this was asked: ${question.trim().replace(/:$/, '')}.`);
  } finally {
    lines.close();
  }
}
