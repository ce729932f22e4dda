#pragma once
#include <libpq-fe.h>
#include <postgres_ext.h>

// The PG_DIAG_* field codes are character macros, which Swift does not import.
static inline char *saas_pg_error_sqlstate(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_SQLSTATE); }
static inline char *saas_pg_error_constraint(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
}
static inline char *saas_pg_error_primary(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}
