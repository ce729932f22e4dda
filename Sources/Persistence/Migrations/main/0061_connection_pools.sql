-- What each process's connection pool did, as it told last: for `saasctl pools` and `make status`. Lost in a crash.
CREATE UNLOGGED TABLE connection_pools (
    process         text PRIMARY KEY,
    seen_at         timestamptz NOT NULL,
    budget          integer NOT NULL,
    open            integer NOT NULL,
    in_use          integer NOT NULL,
    waiting         integer NOT NULL,
    -- Since the process started: requests for a connection, those that waited, how long in all and at most, those that
    -- waited in vain, and idle connections closed for another database.
    requests        bigint NOT NULL,
    waits           bigint NOT NULL,
    waited_ms       bigint NOT NULL,
    longest_wait_ms bigint NOT NULL,
    timeouts        bigint NOT NULL,
    evictions       bigint NOT NULL
);
