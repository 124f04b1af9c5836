/** The first line of a text, of so many characters at most. */
export function firstLine(text: string, max: number): string {
  return text.split('\n', 1)[0]!.slice(0, max);
}

/** What tells one call of a tool from another, on one line of so many characters at most. */
export function headline(input: unknown, max: number): string {
  const words = Object.values((input ?? {}) as Record<string, unknown>).find(
    (value) => typeof value === 'string',
  );
  return firstLine((words as string | undefined) ?? '', max);
}

/** Whether a headline says all of an input, so that who reads it knows what they decide on. */
export function saysAll(input: unknown, max: number): boolean {
  const values = Object.values((input ?? {}) as Record<string, unknown>);
  return values.length === 1 && typeof values[0] === 'string' && headline(input, max) === values[0];
}
