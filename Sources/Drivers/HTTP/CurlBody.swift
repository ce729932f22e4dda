import Glibc

/// The body of one request as libcurl asks for it: piece by piece, from any position on. Owns the files it reads.
final class CurlBody {
    let length: Int64
    /// How many bytes were read.
    private(set) var position: Int64 = 0

    private enum Source {
        case bytes([UInt8])
        case file(descriptor: Int32, offset: Int64)
    }

    private struct Piece {
        let source: Source
        /// Where in the body it begins, and how long it is.
        let start: Int64
        let length: Int64
    }

    private let pieces: [Piece]

    /// Opens the files; nil when there is no body.
    ///
    /// - Throws: `HTTPError.other` when one cannot be opened.
    init?(_ body: HTTPRequest.Body) throws(HTTPError) {
        if case .none = body { return nil }
        var pieces: [Piece] = []
        do throws(HTTPError) {
            try Self.collect(body, into: &pieces)
        } catch {
            Self.close(pieces)
            throw error
        }
        self.pieces = pieces
        length = pieces.last.map { $0.start + $0.length } ?? 0
    }

    deinit { Self.close(pieces) }

    /// Fills the buffer as far as one piece goes; 0 at the end, nil when a file cannot be read or is shorter than was
    /// said.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        guard let piece = pieces.first(where: { position < $0.start + $0.length }) else { return 0 }
        let within = position - piece.start
        let wanted = Int(min(piece.length - within, Int64(buffer.count)))
        switch piece.source {
        case .bytes(let bytes):
            bytes.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[Int(within)..<Int(within) + wanted]))
            }
            position += Int64(wanted)
            return wanted
        case .file(let descriptor, let offset):
            let count = pread(descriptor, buffer.baseAddress, wanted, off_t(offset + within))
            // 0 is a file that has become shorter: the request would hang on its length.
            guard count > 0 else { return nil }
            position += Int64(count)
            return count
        }
    }

    /// Goes on from there; false when there is no such position.
    func seek(to position: Int64) -> Bool {
        guard (0...length).contains(position) else { return false }
        self.position = position
        return true
    }

    private static func collect(_ body: HTTPRequest.Body, into pieces: inout [Piece]) throws(HTTPError) {
        let start = pieces.last.map { $0.start + $0.length } ?? 0
        switch body {
        case .none: break
        case .bytes(let bytes):
            pieces.append(Piece(source: .bytes(bytes), start: start, length: Int64(bytes.count)))
        case .file(let path, let offset, let length):
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw .other("cannot open the body's file: \(String(cString: strerror(errno)))")
            }
            pieces.append(
                Piece(source: .file(descriptor: descriptor, offset: offset), start: start, length: length))
        case .sequence(let bodies): for body in bodies { try collect(body, into: &pieces) }
        }
    }

    private static func close(_ pieces: [Piece]) {
        for piece in pieces {
            if case .file(let descriptor, _) = piece.source { Glibc.close(descriptor) }
        }
    }
}
