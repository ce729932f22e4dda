package import Contract

/// Removes what imports and restores have left whose processes were killed.
package protocol RestoreCleaner: Sendable {
    /// Looks once; how many were cleaned up.
    func cleanUp() throws(ErrorAnswer) -> Int
}
