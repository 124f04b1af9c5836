/**
 * The steps from an empty database to today's schema. A step that has been released is never edited;
 * a change is a new step at the end. `PRAGMA user_version` counts the steps taken.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE thread (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    title      TEXT NOT NULL,
    agent      TEXT,
    model      TEXT,
    repository TEXT,
    parent     TEXT,
    status     TEXT NOT NULL,
    scored     INTEGER NOT NULL DEFAULT 0,
    reward     REAL,
    host       TEXT NOT NULL,
    pid        INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_seq   INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX thread_by_parent ON thread (parent, id);
  CREATE INDEX thread_by_start ON thread (started_at);
  CREATE TABLE event (
    thread TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    body   TEXT NOT NULL,
    PRIMARY KEY (thread, seq)
  ) WITHOUT ROWID;
  `,
  // A number that grows with every change of any thread, and what a board shows of it.
  `
  ALTER TABLE thread ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE thread ADD COLUMN activity TEXT;
  CREATE INDEX thread_by_revision ON thread (revision);
  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO counter VALUES ('revision', 0);
  `,
];
