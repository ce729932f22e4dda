package import Contract

/// The object store as the domain needs it.
package protocol ObjectLocator: Sendable {
    /// Removes the object; done already when there is none.
    ///
    /// - Throws: `.storageUnavailable`.
    func remove(key: String) throws(ErrorAnswer)

    /// The object's size in bytes; nil when there is none.
    ///
    /// - Throws: `.storageUnavailable`.
    func size(key: String) throws(ErrorAnswer) -> Int64?

    /// Reads the object in order, handing chunks to `sink`, which returns false to stop early; false when there is none.
    ///
    /// - Throws: `.storageUnavailable`, also when the object breaks off before its end.
    func read(key: String, _ sink: (UnsafeRawBufferPointer) -> Bool) throws(ErrorAnswer) -> Bool

    /// Reads the whole object: its size and its SHA-256 in lower-case hexadecimal; nil when there is none.
    ///
    /// - Throws: `.storageUnavailable`.
    func fingerprint(key: String) throws(ErrorAnswer) -> (size: Int64, sha256: String)?

    /// - Throws: `.storageUnavailable` when the store cannot be used right now.
    func check() throws(ErrorAnswer)
}
