package import Contract
package import Postgres

extension ErrorAnswer: PostgresErrorConvertible {
    /// The one place where PostgreSQL's errors become the product's.
    package init(_ error: PostgresError) {
        if error.isUniqueViolation {
            switch error.constraint {
            case "users_email_key": self.init(.emailTaken)
            case "user_tenant_associations_pkey": self.init(.alreadyMember)
            default: self.init(.conflict, cause: error.description)
            }
        } else if error.isConnectionLost || error.isPoolTimeout || error.isOutOfResources || error.isUnknownDatabase
            || error.isRetryable || error.isCommitOutcomeUnknown || error.sqlState == SQLState.outdatedSchema
        {
            self.init(.serviceUnavailable, cause: error.description)
        } else if error.isQueryCanceled {
            self.init(.timeout, cause: error.description)
        } else {
            self.init(.internalError, cause: String(reflecting: error))
        }
    }
}
