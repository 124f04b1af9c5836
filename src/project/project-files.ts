/** The files of a repository at one commit, or of a folder. */
export interface ProjectFiles {
  /** Relative to the root, with `/`. */
  paths: readonly string[];
  /** The text of a file; undefined where there is none. */
  read(path: string): Promise<string | undefined>;
}
