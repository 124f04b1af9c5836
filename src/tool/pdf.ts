/** A PDF of more pages than this is read as far. */
const MAX_PAGES = 500;

/**
 * The text of a PDF, page by page. No script in it runs and nothing that it names is fetched.
 *
 * @throws Error when it cannot be read as one
 */
export async function pdfText(bytes: Buffer): Promise<string> {
  const { extractText, getDocumentProxy } = await import('unpdf');
  const document = await getDocumentProxy(new Uint8Array(bytes), {
    verbosity: 0,
  }).catch((error: Error) => {
    throw new Error(`The PDF cannot be read (${error.message.replace(/\.$/, '')}).`);
  });
  try {
    if (document.numPages > MAX_PAGES)
      throw new Error(`The PDF has ${document.numPages} pages; at most ${MAX_PAGES} are read.`);
    const { text } = await extractText(document, { mergePages: false });
    if (text.every((page) => page.trim() === ''))
      throw new Error('The PDF holds no text, only pictures of it perhaps.');
    return text.map((page, index) => `[page ${index + 1}]\n${page.trim()}`).join('\n\n');
  } finally {
    await document.loadingTask.destroy();
  }
}
