-- Names are text; a NUL in one is escaped (see name.rs). Bodies are JSON as it was written, with its CRC-32C beside it.
-- Times are in microseconds since 1970, but for those of leases, which the database's own clock measures.

create table @run (
    id text collate "C" primary key,
    workflow text collate "C" not null,
    session text collate "C" not null,
    root text collate "C" not null,
    parent text collate "C",
    created_at bigint not null,
    status text collate "C" not null,
    fence bigint not null,
    resumes bigint not null,
    updated_at bigint not null,
    active_micros bigint not null,
    wake_at bigint,
    continued_as text,
    -- The numbers of the last entry, and of events so far.
    last_seq bigint not null,
    events bigint not null,
    -- Goes up with each commit. The ids of the last ones: was it mine?
    version bigint not null default 0,
    recent bigint[] not null,
    holder text,
    holder_name text,
    lease_until timestamptz,
    -- Who was told of it last as due, so that others look at other runs first.
    offered_to text,
    offered_until timestamptz,
    -- The head as it was created; what has changed since is in the columns.
    body bytea not null,
    crc integer not null,
    error bytea,
    error_crc integer,
    limits bytea,
    limits_crc integer
) with (fillfactor = 70);
-- No column that every commit changes is in an index, so that a commit writes no index of heads.
create index on @run (created_at, id);
create index on @run (left(session, 100), created_at);
create index on @run (parent) where parent is not null;
create index on @run (created_at, id) where status = 'pending' and parent is null;
create index on @run (created_at, id) where status = 'running' and parent is null;
create index on @run (wake_at) where status = 'paused';

create table @input (
    run text collate "C" primary key,
    body bytea not null,
    crc integer not null
);

create table @output (
    run text collate "C" primary key,
    body bytea not null,
    crc integer not null
);

create table @entry (
    run text collate "C" not null,
    seq bigint not null,
    path text collate "C" not null,
    superseded boolean not null default false,
    first_event bigint not null,
    events integer not null,
    body bytea not null,
    crc integer not null,
    primary key (run, seq),
    unique (run, path)
);

create table @request (
    run text collate "C" not null,
    id text collate "C" not null,
    root text collate "C" not null,
    workflow text collate "C" not null,
    session text collate "C" not null,
    asked_at bigint not null,
    body bytea not null,
    crc integer not null,
    primary key (run, id)
);
create index on @request (asked_at, id);
create index on @request (root);

create table @field (
    workflow text collate "C" not null,
    session text collate "C" not null,
    field text collate "C" not null,
    body bytea not null,
    crc integer not null,
    primary key (workflow, session, field)
);

create table @cache (
    key bytea primary key,
    workflow text collate "C" not null,
    step text collate "C" not null,
    tags text[] not null,
    stored_at bigint not null,
    expires_at bigint,
    bytes bigint not null,
    body bytea not null,
    crc integer not null
);

create table @flight (
    key bytea primary key,
    holder text not null,
    until timestamptz not null
);

create table @definition (
    kind text collate "C" not null,
    name text collate "C" not null,
    version bigint not null,
    body bytea not null,
    crc integer not null,
    primary key (kind, name, version)
);

-- An artifact is there once its row is; its chunks are written before.
create table @artifact (
    hash text collate "C" primary key,
    bytes bigint not null
);

create table @chunk (
    hash text collate "C" not null,
    number integer not null,
    body bytea not null,
    primary key (hash, number)
);
alter table @chunk alter column body set storage external;
