/// A digest over bytes that come piece by piece. For one thread at a time.
package final class IncrementalDigest {
    private let algorithm: DigestAlgorithm
    private var state: DigestState?

    package init(_ algorithm: DigestAlgorithm) {
        self.algorithm = algorithm
        state = DigestState(algorithm)
    }

    /// Takes the next bytes. Not after `finish`.
    package func update(_ bytes: UnsafeRawBufferPointer) {
        guard let state else { preconditionFailure("the digest is finished") }
        state.update(bytes)
    }

    /// The digest of everything. Call once.
    package func finish() -> [UInt8] {
        guard let state else { preconditionFailure("the digest is finished") }
        self.state = nil
        return state.finish(length: algorithm.length)
    }
}
