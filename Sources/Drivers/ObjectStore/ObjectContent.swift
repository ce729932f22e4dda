/// The bytes of one object and what is known of them.
package struct ObjectContent: Sendable {
    /// Where the bytes are.
    package enum Source: Sendable {
        /// In memory.
        case bytes([UInt8])
        /// A file, from its first byte. A store on the same file system may take the file itself (rename(2)); the
        /// caller must not write to it any more and must not mind its being gone.
        case file(path: String)
    }

    package let source: Source
    package let size: Int64
    /// Digests of the whole content, 16 and 32 bytes.
    package let md5: [UInt8]
    package let sha256: [UInt8]
    package let contentType: String

    package init(source: Source, size: Int64, md5: [UInt8], sha256: [UInt8], contentType: String) {
        self.source = source
        self.size = size
        self.md5 = md5
        self.sha256 = sha256
        self.contentType = contentType
    }
}
