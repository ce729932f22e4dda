/// Five-character error codes: PostgreSQL's own (manual, appendix A), and a few of this driver.
package enum SQLState {
    package static let cannotConnect = "08001"
    package static let connectionLost = "08006"
    /// The connection was lost while a COMMIT was under way: it may or may not have happened.
    package static let commitOutcomeUnknown = "08007"
    package static let featureNotSupported = "0A000"
    package static let badText = "22021"
    package static let notNullViolation = "23502"
    package static let foreignKeyViolation = "23503"
    package static let uniqueViolation = "23505"
    package static let checkViolation = "23514"
    package static let activeTransaction = "25001"
    package static let failedTransaction = "25P02"
    package static let unknownStatement = "26000"
    package static let unknownDatabase = "3D000"
    package static let serializationFailure = "40001"
    package static let deadlock = "40P01"
    package static let unknownTable = "42P01"
    package static let duplicateDatabase = "42P04"
    package static let tooManyConnections = "53300"
    package static let objectInUse = "55006"
    package static let lockNotAvailable = "55P03"
    package static let queryCanceled = "57014"
    package static let adminShutdown = "57P01"
    package static let crashShutdown = "57P02"
    package static let cannotConnectNow = "57P03"

    // The driver's own; the server has no class Z.
    package static let badSettings = "ZC001"
    package static let cannotDecode = "ZD001"
    package static let badMigration = "ZM001"
    /// The database's schema is too old for this program.
    package static let outdatedSchema = "ZM002"
    package static let poolTimeout = "ZP001"
    package static let poolClosed = "ZP002"
}
