/// A key of HMAC-SHA-256 with both of its padded blocks hashed beforehand, which halves the cost of a short message.
package final class HMACKey: Sendable {
    private static let blockLength = 64
    private let inner: DigestState
    private let outer: DigestState

    /// Keys longer than a block are hashed first (RFC 2104 section 2).
    package init(_ key: [UInt8]) {
        let key = key.count > Self.blockLength ? Digest.sha256(key) : key
        func start(_ pad: UInt8) -> DigestState {
            var block = [UInt8](repeating: pad, count: Self.blockLength)
            for (index, byte) in key.enumerated() { block[index] ^= byte }
            let state = DigestState(.sha256)
            block.withUnsafeBytes { state.update($0) }
            return state
        }
        inner = start(0x36)
        outer = start(0x5C)
    }

    /// The 32-byte code of the message. Thread-safe.
    package func sign(_ message: [UInt8]) -> [UInt8] { message.withUnsafeBytes { sign($0) } }

    /// The 32-byte code of the message. Thread-safe.
    package func sign(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        let first = DigestState(copying: inner)
        first.update(message)
        let second = DigestState(copying: outer)
        first.finish(length: 32).withUnsafeBytes { second.update($0) }
        return second.finish(length: 32)
    }

    /// Whether the code is this message's, compared in constant time. Thread-safe.
    package func isValid(_ code: [UInt8], for message: UnsafeRawBufferPointer) -> Bool {
        ConstantTime.equal(code, sign(message))
    }
}
