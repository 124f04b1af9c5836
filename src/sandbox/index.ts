export { bubblewrapProblem } from './bubblewrap.ts';
export { openSandbox, SANDBOXES, type SandboxName } from './choose.ts';
export { type Contained, containProgram } from './contained.ts';
export { ContainerEngine, ContainerEngineError } from './container-engine.ts';
export {
  CommandNotStartedError,
  PathOutsideError,
  SandboxFailedError,
  SandboxUnavailableError,
} from './errors.ts';
export { WorkspaceFiles } from './files.ts';
export { folderOfProgram, type Jail, type JailOptions, openJail } from './jail.ts';
export { type Layers, layerName, type Overlay, overlayProblem } from './layers.ts';
export type { Limits } from './limits.ts';
export type { Mount } from './mount.ts';
export { passedHeaders, passedStatus, requestHeaders } from './pass-headers.ts';
export type { Ports } from './ports.ts';
export { isPrivateAddress, publicLookup } from './public-lookup.ts';
export type { ExecOptions, ExecResult, Sandbox } from './sandbox.ts';
export { temporaryFolder } from './temporary.ts';
