import COpenSSL

/// MD5 (RFC 1321) over bytes that come piece by piece, alone or in step with other streams. For one thread at a time.
package final class MD5Stream {
    /// The most streams that go in step.
    package static let lanes = Int(SAAS_MD5_LANES)
    /// Fewer are as fast one after the other.
    private static let fewestInStep = 3
    private static let blockBytes = 64

    private let context: UnsafeMutablePointer<MD5_CTX>

    package init() {
        context = .allocate(capacity: 1)
        saas_md5_begin(context)
    }

    deinit { context.deallocate() }

    /// Takes the next bytes.
    package func update(_ bytes: UnsafeRawBufferPointer) { saas_md5_update(context, bytes.baseAddress, bytes.count) }

    /// The digest of everything. Call once, last.
    package func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { digest, count in
            saas_md5_end(context, digest.baseAddress)
            count = 16
        }
    }

    /// The next bytes of a stream.
    package struct Piece {
        fileprivate let stream: MD5Stream
        fileprivate var bytes: UnsafeRawBufferPointer

        package init(of stream: MD5Stream, _ bytes: UnsafeRawBufferPointer) {
            self.stream = stream
            self.bytes = bytes
        }

        /// Hashes the first bytes alone.
        fileprivate mutating func update(_ count: Int) {
            stream.update(UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
            skip(count)
        }

        fileprivate mutating func skip(_ count: Int) {
            bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(count))
        }
    }

    /// Gives different streams their next bytes. Three to eight at a time cost hardly more than two.
    package static func update(_ pieces: [Piece]) {
        var rest = pieces
        for index in rest.indices {
            // To the edge of a block, where streams can go in step.
            let begun = Int(rest[index].stream.context.pointee.num)
            if begun > 0 { rest[index].update(blockBytes - begun) }
        }
        while true {
            rest = rest.filter { piece in
                if piece.bytes.count >= blockBytes { return true }
                piece.stream.update(piece.bytes)
                return false
            }
            guard rest.count >= fewestInStep else { break }
            let group = rest.prefix(lanes)
            let blocks = (group.lazy.map(\.bytes.count).min() ?? 0) / blockBytes
            step(group, blocks)
            for index in group.indices { rest[index].skip(blocks * blockBytes) }
        }
        for piece in rest { piece.stream.update(piece.bytes) }
    }

    private static func step(_ group: ArraySlice<Piece>, _ blocks: Int) {
        // Lanes that nobody needs hash the first one's bytes for nothing.
        withUnsafeTemporaryAllocation(of: MD5_CTX.self, capacity: lanes) { idle in
            let first = group.first?.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            var streams: [UnsafeMutablePointer<MD5_CTX>?] = group.map(\.stream.context)
            var bytes = group.map { $0.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) }
            while streams.count < lanes {
                let context = idle.baseAddress.map { $0 + streams.count }
                context?.initialize(to: MD5_CTX())
                streams.append(context)
                bytes.append(first)
            }
            saas_md5_update_all(streams, bytes, blocks)
        }
    }
}
