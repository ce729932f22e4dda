import Crypto
import MediaSniffer

/// The file part while it arrives: counted, hashed, sniffed and spooled in one pass.
final class IncomingFile {
    let headers: PartHeaders
    private(set) var size: Int64 = 0
    private let maxBytes: Int64
    private let spool: Spool
    private let sniffer: Sniffer
    private let md5 = IncrementalDigest(.md5)
    private let sha256 = IncrementalDigest(.sha256)
    private var prefix: [UInt8] = []
    private var sniffedType: String?

    init(headers: PartHeaders, maxBytes: Int64, spool: Spool, sniffer: Sniffer) {
        self.headers = headers
        self.maxBytes = maxBytes
        self.spool = spool
        self.sniffer = sniffer
    }

    /// Takes the next bytes. Blocks on the spool's disk.
    func append(_ bytes: UnsafeRawBufferPointer) throws(UploadFailure) {
        guard size + Int64(bytes.count) <= maxBytes else { throw .tooLarge(maxBytes: maxBytes) }
        size += Int64(bytes.count)
        do { try spool.append(bytes) } catch { throw UploadFailure(error) }
        md5.update(bytes)
        sha256.update(bytes)
        guard sniffedType == nil else { return }
        prefix.append(contentsOf: bytes.prefix(Sniffer.prefixBytes - prefix.count))
        if prefix.count == Sniffer.prefixBytes { sniff() }
    }

    /// What was received. Call once, after the last byte.
    func finish(filenameField: String?, mimeTypeField: String?) -> ReceivedUpload {
        if sniffedType == nil { sniff() }
        return ReceivedUpload(
            spool: spool, size: size, md5: md5.finish(), sha256: sha256.finish(),
            sniffedType: sniffedType ?? Sniffer.unknown, partType: headers.contentType,
            partFilename: headers.filename, filenameField: filenameField, mimeTypeField: mimeTypeField)
    }

    private func sniff() {
        sniffedType = prefix.withUnsafeBytes { sniffer.mediaType(of: $0) }
        prefix = []
    }
}
