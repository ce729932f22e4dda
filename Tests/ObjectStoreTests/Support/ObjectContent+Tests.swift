import Crypto
import ObjectStore

extension ObjectContent {
    /// These bytes in memory, with their true size and digests.
    static func memory(_ bytes: [UInt8], type: String = "application/octet-stream") -> ObjectContent {
        ObjectContent(
            source: .bytes(bytes), size: Int64(bytes.count), md5: Digest.md5(bytes), sha256: Digest.sha256(bytes),
            contentType: type)
    }

    /// The same bytes as a file.
    static func file(_ path: String, _ bytes: [UInt8]) -> ObjectContent {
        ObjectContent(
            source: .file(path: path), size: Int64(bytes.count), md5: Digest.md5(bytes), sha256: Digest.sha256(bytes),
            contentType: "application/octet-stream")
    }

    /// This content with the digests and size of another.
    func claiming(_ other: ObjectContent) -> ObjectContent {
        ObjectContent(
            source: source, size: other.size, md5: other.md5, sha256: other.sha256, contentType: contentType)
    }
}

/// Bytes that are the same in every run and differ from block to block.
func patternedBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    let block = (0..<65_536).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + block.count)
    while bytes.count < count {
        bytes += block
        bytes[bytes.count - block.count] = UInt8(truncatingIfNeeded: bytes.count >> 16)
    }
    return Array(bytes.prefix(count))
}
