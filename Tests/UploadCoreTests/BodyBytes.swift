import UploadCore

/// A request's body in memory, handed out in pieces, possibly broken off.
struct BodyBytes: BodyReader {
    private var rest: ArraySlice<UInt8>
    private let pieceBytes: Int
    private let isCut: Bool

    /// - Parameters:
    ///   - pieceBytes: most bytes of one read.
    ///   - length: where the body breaks off with a stream error; whole when nil.
    init(_ bytes: [UInt8], pieceBytes: Int = 8192, cutAt length: Int? = nil) {
        rest = length.map { bytes[..<$0] } ?? bytes[...]
        self.pieceBytes = pieceBytes
        isCut = length != nil
    }

    /// How many bytes nobody has read.
    var unread: Int { rest.count }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(BodyCut) -> Int {
        if rest.isEmpty, isCut { throw BodyCut() }
        let piece = rest.prefix(min(pieceBytes, buffer.count))
        buffer.copyBytes(from: piece)
        rest = rest.dropFirst(piece.count)
        return piece.count
    }
}
