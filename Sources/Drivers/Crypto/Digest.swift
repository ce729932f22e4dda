/// Digests of bytes that are all there.
package enum Digest {
    package static func md5(_ bytes: some Collection<UInt8>) -> [UInt8] { digest(bytes, .md5) }
    package static func sha256(_ bytes: some Collection<UInt8>) -> [UInt8] { digest(bytes, .sha256) }
    package static func sha384(_ bytes: some Collection<UInt8>) -> [UInt8] { digest(bytes, .sha384) }

    private static func digest(_ bytes: some Collection<UInt8>, _ algorithm: DigestAlgorithm) -> [UInt8] {
        let state = DigestState(algorithm)
        if bytes.withContiguousStorageIfAvailable({ state.update(UnsafeRawBufferPointer($0)) }) == nil {
            Array(bytes).withUnsafeBytes { state.update($0) }
        }
        return state.finish(length: algorithm.length)
    }
}
