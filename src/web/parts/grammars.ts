import { common, createLowlight } from 'lowlight';

/** Of the languages that are met most. */
export const lowlight = createLowlight(common);
