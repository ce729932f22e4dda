/// Where the bytes of files are kept: S3 or a directory, under the same contract tests.
///
/// All calls block the calling thread and may be made from any thread.
package protocol ObjectStore: Sendable {
    /// Stores the whole content at a key that is new. Putting the same content there again is done already; other
    /// content is refused by a store that can tell (S3 with conditional writes) and replaced by one that cannot.
    ///
    /// When it returns, the object is durable and its size and digest were confirmed by the store. When it throws,
    /// the object may or may not be there; no part of one is ever visible.
    func put(_ content: ObjectContent, at key: String) throws(ObjectStoreError)

    /// The object's size in bytes; nil when there is none.
    func size(of key: String) throws(ObjectStoreError) -> Int64?

    /// Removes the object; done already when there is none.
    func remove(_ key: String) throws(ObjectStoreError)

    /// Reads the whole object in order, handing chunks to `sink`, which returns false to stop early.
    ///
    /// - Throws: `.notFound` when there is none; `.unavailable` when it breaks off before its end.
    func read(_ key: String, _ sink: (UnsafeRawBufferPointer) -> Bool) throws(ObjectStoreError)

    /// Up to `limit` objects whose keys start with `prefix` and are greater than `after`, in byte order of the keys.
    func list(prefix: String, after: String?, limit: Int) throws(ObjectStoreError) -> [StoredObject]

    /// Succeeds when the store can take and give objects right now.
    func check() throws(ObjectStoreError)
}

/// What a store cannot do, told apart only as far as a caller acts on it.
package enum ObjectStoreError: Error, Equatable, Sendable {
    /// There is no such object.
    case notFound
    /// The store cannot be reached or failed; trying again later may help. The text is for the log alone.
    case unavailable(String)
    /// The store refuses us (credentials, bucket, permission); trying again does not help.
    case refused(String)
    /// The disk is full.
    case full
    /// What the store holds is not what was sent.
    case corrupted(String)
}
