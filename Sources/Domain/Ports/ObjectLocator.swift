package import Contract

/// The object store as the domain needs it.
package protocol ObjectLocator: Sendable {
    /// Removes the object; done already when there is none.
    ///
    /// - Throws: `.storageUnavailable`.
    func remove(key: String) throws(ErrorAnswer)

    /// - Throws: `.storageUnavailable` when the store cannot be used right now.
    func check() throws(ErrorAnswer)
}
