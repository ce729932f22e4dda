#pragma once
#include <libpq-fe.h>
#include <postgres_ext.h>

// The PG_DIAG_* field codes are character macros, which Swift does not import.
static inline const char *saas_pg_error_sqlstate(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}
static inline const char *saas_pg_error_constraint(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
}

// ERROR, FATAL, PANIC, NOTICE …, never translated.
static inline const char *saas_pg_error_severity(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
}
