export { classify, type FileKind, saysGenerated } from './classify.ts';
