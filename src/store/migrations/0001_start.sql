-- One schema for SQLite and PostgreSQL: TEXT and BIGINT columns only. Times are milliseconds since 1970 (UTC),
-- digests are lower-case hex, flags are 0 or 1, Discord ids are decimal text, NULL means "not (yet)".

-- The head of the audit chain, and the lock every change takes on PostgreSQL.
CREATE TABLE chain (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    tenant TEXT NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);

CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    request TEXT,
    actor TEXT,
    body TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_request ON audit (request, seq);

-- Which process runs the bot on this database.
CREATE TABLE lease (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    holder TEXT NOT NULL,
    token TEXT NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL
);

-- Every enrolment there ever was; one row an id and generation.
CREATE TABLE agents (
    id TEXT NOT NULL,
    generation BIGINT NOT NULL,
    url TEXT NOT NULL,
    serial TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    not_after BIGINT NOT NULL,
    added_at BIGINT NOT NULL,
    removed_at BIGINT,
    PRIMARY KEY (id, generation)
);
CREATE UNIQUE INDEX agents_one_active ON agents (id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX agents_fingerprint ON agents (fingerprint);

-- What a button means; Discord only ever sees the id.
CREATE TABLE buttons (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    dead_at BIGINT
);
CREATE INDEX buttons_subject ON buttons (subject);

-- Where a card lives and what it last said.
CREATE TABLE cards (
    key TEXT NOT NULL PRIMARY KEY,
    channel TEXT NOT NULL,
    message TEXT NOT NULL,
    content TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What people must be told.
CREATE TABLE outbox (
    seq BIGINT NOT NULL PRIMARY KEY,
    dedupe TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    next_try BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    done_at BIGINT,
    last_error TEXT
);
CREATE INDEX outbox_pending ON outbox (subject, seq) WHERE done_at IS NULL;

-- One row a due time of the scheduled summary.
CREATE TABLE summaries (
    due_at BIGINT NOT NULL PRIMARY KEY,
    claimed_at BIGINT NOT NULL,
    nonce TEXT NOT NULL UNIQUE,
    message TEXT,
    posted_at BIGINT
);

-- A row each time a server's verdict changed.
CREATE TABLE verdicts (
    seq BIGINT NOT NULL PRIMARY KEY,
    agent TEXT NOT NULL,
    at BIGINT NOT NULL,
    cause TEXT NOT NULL,
    confidence TEXT NOT NULL,
    silent BIGINT NOT NULL
);
CREATE INDEX verdicts_agent ON verdicts (agent, seq);

-- Incidents people were alerted to; at most one open for an agent.
CREATE TABLE alerts (
    seq BIGINT NOT NULL PRIMARY KEY,
    agent TEXT NOT NULL,
    cause TEXT NOT NULL,
    card TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    recovered_at BIGINT
);
CREATE UNIQUE INDEX alerts_one_open ON alerts (agent) WHERE recovered_at IS NULL;

-- Requests for a run. The body is the whole request as JSON; the columns beside it are what is searched by.
CREATE TABLE requests (
    id TEXT NOT NULL PRIMARY KEY,
    command TEXT NOT NULL,
    scope TEXT NOT NULL,
    state TEXT NOT NULL,
    open BIGINT NOT NULL,
    watched BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX requests_one_open ON requests (command, scope) WHERE open = 1;
CREATE INDEX requests_watched ON requests (created_at) WHERE watched = 1;
CREATE INDEX requests_changed ON requests (changed_at);
CREATE INDEX requests_created ON requests (created_at);
