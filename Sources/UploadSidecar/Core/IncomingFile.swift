import Crypto
import MediaSniffer

/// The file part while it arrives: counted, hashed, sniffed and spooled in one pass.
final class IncomingFile {
    let headers: PartHeaders
    private(set) var size: Int64 = 0
    private let maxBytes: Int64
    private let spool: Spool
    private let sniffer: Sniffer
    /// The slower of the two has a lane, when one is free.
    private let md5: SideDigest
    private let sha256 = IncrementalDigest(.sha256)
    private var prefix: [UInt8] = []
    private var sniffedType: String?

    init(headers: PartHeaders, maxBytes: Int64, spool: Spool, sniffer: Sniffer, lanes: HashLanes) {
        self.headers = headers
        self.maxBytes = maxBytes
        self.spool = spool
        self.sniffer = sniffer
        md5 = SideDigest(lanes: lanes)
    }

    /// Takes the next bytes, which must stay as they are until the next call or `settle`. Blocks on the spool's disk.
    func append(_ bytes: UnsafeRawBufferPointer) throws(UploadFailure) {
        guard size + Int64(bytes.count) <= maxBytes else { throw .tooLarge(maxBytes: maxBytes) }
        size += Int64(bytes.count)
        md5.update(bytes)
        do { try spool.append(bytes) } catch { throw UploadFailure(error) }
        sha256.update(bytes)
        guard sniffedType == nil else { return }
        prefix.append(contentsOf: bytes.prefix(Sniffer.prefixBytes - prefix.count))
        if prefix.count == Sniffer.prefixBytes { sniff() }
    }

    /// Waits until nobody reads the bytes of the last `append` any more.
    func settle() { md5.settle() }

    /// What was received. Call once, after the last byte.
    func finish(filenameField: String?, mimeTypeField: String?) throws(UploadFailure) -> ReceivedUpload {
        if sniffedType == nil { sniff() }
        do { try spool.finish() } catch { throw UploadFailure(error) }
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
