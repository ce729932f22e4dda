/// A statement, a connection or the pool failed.
///
/// `description` is a fixed sentence and safe anywhere. The server's words, which repeat values, are in
/// `debugDescription` alone: for logs that may hold them, never for clients.
package struct PostgresError: Error, Sendable {
    /// Five characters: the server's code, or one that the driver gives (`SQLState`).
    package let sqlState: String
    /// The constraint, unique index included, that was violated.
    package let constraint: String?
    /// True when a statement kept from before a schema change failed inside a transaction; run again, it is new.
    let isStaleStatement: Bool
    private let detail: String

    /// - Parameters:
    ///   - sqlState: one of `SQLState`.
    ///   - detail: for logs alone.
    package init(_ sqlState: String, detail: String) { self.init(sqlState, constraint: nil, detail: detail) }

    init(_ sqlState: String, constraint: String?, isStaleStatement: Bool = false, detail: String) {
        self.sqlState = sqlState
        self.constraint = constraint
        self.isStaleStatement = isStaleStatement
        self.detail = detail
    }

    /// The same failure, marked as that of a statement that was kept too long.
    var asStaleStatement: PostgresError {
        PostgresError(sqlState, constraint: constraint, isStaleStatement: true, detail: detail)
    }

    /// The connection is gone, could not be made, or the server is going down or starting.
    package var isConnectionLost: Bool {
        switch sqlState {
        case SQLState.adminShutdown, SQLState.crashShutdown, SQLState.cannotConnectNow: true
        default: sqlState.hasPrefix("08")
        }
    }

    /// The connection was lost during COMMIT: look whether the change is there before doing it again.
    package var isCommitOutcomeUnknown: Bool { sqlState == SQLState.commitOutcomeUnknown }

    /// The same transaction may succeed when run again from its start.
    package var isRetryable: Bool {
        sqlState == SQLState.serializationFailure || sqlState == SQLState.deadlock || isStaleStatement
    }

    /// The server lacks connections, memory or disk (class 53).
    package var isOutOfResources: Bool { sqlState.hasPrefix("53") }

    /// No connection became free in time.
    package var isPoolTimeout: Bool { sqlState == SQLState.poolTimeout }

    /// The statement ran into statement_timeout or was cancelled.
    package var isQueryCanceled: Bool { sqlState == SQLState.queryCanceled }

    package var isUniqueViolation: Bool { sqlState == SQLState.uniqueViolation }
    package var isForeignKeyViolation: Bool { sqlState == SQLState.foreignKeyViolation }
    package var isCheckViolation: Bool { sqlState == SQLState.checkViolation }
    package var isUnknownDatabase: Bool { sqlState == SQLState.unknownDatabase }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    /// A fixed sentence and the code.
    package var description: String { "\(sentence) (SQLSTATE \(sqlState))" }

    /// Also the server's own words, which may hold values of rows.
    package var debugDescription: String {
        [description, constraint.map { "constraint \($0)" }, detail.isEmpty ? nil : detail]
            .compactMap { $0 }.joined(separator: "; ")
    }

    private var sentence: String {
        switch sqlState {
        case SQLState.cannotConnect: "No connection to PostgreSQL could be made"
        case SQLState.commitOutcomeUnknown: "The connection to PostgreSQL was lost during a commit"
        case SQLState.uniqueViolation: "A unique constraint was violated"
        case SQLState.foreignKeyViolation: "A foreign key was violated"
        case SQLState.notNullViolation: "A required column was NULL"
        case SQLState.checkViolation: "A check constraint was violated"
        case SQLState.serializationFailure, SQLState.deadlock: "A transaction collided with another"
        case SQLState.queryCanceled: "A statement was cancelled or took too long"
        case SQLState.badSettings: "The connection settings cannot be read"
        case SQLState.cannotDecode: "A column does not hold what was asked for"
        case SQLState.badMigration: "The migrations do not fit the database"
        case SQLState.outdatedSchema: "The database's schema is too old for this program"
        case SQLState.poolTimeout: "No database connection became free in time"
        case SQLState.poolClosed: "The connection pool is closed"
        default:
            if isConnectionLost {
                "The connection to PostgreSQL was lost"
            } else if isOutOfResources {
                "PostgreSQL is out of resources"
            } else {
                "PostgreSQL refused a statement"
            }
        }
    }
}
