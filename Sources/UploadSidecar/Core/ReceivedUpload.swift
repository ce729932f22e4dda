import Base
package import Contract
package import ObjectStore

/// A whole upload, received and checked, before anyone else knows of it.
package struct ReceivedUpload {
    package let spool: Spool
    package let size: Int64
    /// Digests of the file's bytes, 16 and 32 bytes.
    package let md5: [UInt8]
    package let sha256: [UInt8]
    /// What libmagic says of the first bytes.
    package let sniffedType: String
    package let partType: String?
    package let partFilename: String?
    package let filenameField: String?
    package let mimeTypeField: String?
    /// How long the bytes were waited for, and how long they were worked on.
    package var waited: Duration = .zero
    package var worked: Duration = .zero

    /// The message that asks what becomes of it.
    package func resolveMessage(grant: String) -> ResolveUpload {
        ResolveUpload(
            grant: grant, md5: Hex.encode(md5), sha256: Hex.encode(sha256), size: size, sniffedType: sniffedType,
            partType: partType, partFilename: partFilename.flatMap(Self.lastComponent), filenameField: filenameField,
            mimeTypeField: mimeTypeField)
    }

    /// The object to push, under the type that the application has decided on.
    package func content(type: String) -> ObjectContent {
        ObjectContent(source: spool.content, size: size, md5: md5, sha256: sha256, contentType: type)
    }

    /// A file name without the folders that some browsers send along (RFC 7578 section 4.2); nil when nothing is left.
    static func lastComponent(_ name: String) -> String? {
        let last = name.utf8.split(omittingEmptySubsequences: false) {
            $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\")
        }.last
        return last.flatMap { $0.isEmpty ? nil : String(Substring($0)) }
    }
}
