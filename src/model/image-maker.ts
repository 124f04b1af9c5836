import type { ImageModelV4 } from '@ai-sdk/provider';
import { explainFailure } from './explain-failure.ts';

/** A model that makes images. */
export interface ImageMaker {
  /** As `provider/model`. */
  name: string;
  /**
   * Makes one image.
   *
   * @param size in pixels; default the provider's
   * @throws ModelCallError
   */
  make(
    prompt: string,
    options: { size?: { width: number; height: number }; signal: AbortSignal },
  ): Promise<{ bytes: Uint8Array; warnings: string[] }>;
}

export function sdkImageMaker(name: string, model: ImageModelV4): ImageMaker {
  return {
    name,
    async make(prompt, { size, signal }) {
      try {
        const { images, warnings } = await model.doGenerate({
          ...{ prompt, n: 1, aspectRatio: undefined, seed: undefined, files: undefined, mask: undefined },
          size: size && (`${size.width}x${size.height}` as const),
          ...{ providerOptions: {}, abortSignal: signal },
        });
        const [image] = images;
        if (!image) throw new Error('The provider gave no image.');
        const bytes = typeof image === 'string' ? Buffer.from(image, 'base64') : image;
        return { bytes, warnings: warnings.map((warning) => JSON.stringify(warning)) };
      } catch (error) {
        throw explainFailure(error);
      }
    },
  };
}
