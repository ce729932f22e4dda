/// Where the bytes of a request's body come from.
package protocol BodyReader {
    /// Reads at least one byte, up to the buffer's size; 0 once the whole body was read. Blocks while none has arrived.
    ///
    /// - Throws: `BodyCut` when the body breaks off; then it never returns 0.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(BodyCut) -> Int
}

/// The body ended before its end: the client or the web server went away, or stood still for too long.
package struct BodyCut: Error, Equatable {
    package init() {}
}
