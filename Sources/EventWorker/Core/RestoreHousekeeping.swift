package import Base
import Contract
package import Domain

/// Cleans up after imports and restores whose processes were killed.
package struct RestoreHousekeeping: Sendable {
    private let cleaner: any RestoreCleaner
    private let log: Log

    package init(cleaner: any RestoreCleaner, log: Log) {
        self.cleaner = cleaner
        self.log = log
    }

    /// Looks once.
    package func run() {
        do throws(ErrorAnswer) { _ = try cleaner.cleanUp() } catch {
            log.warning(
                "restores that were broken off cannot be cleaned up",
                ["error.code": .text(error.code.rawValue), "error.cause": .text(error.cause ?? "")])
        }
    }
}
