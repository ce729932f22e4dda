import Contract

/// The parts of an upload's form: one file, the fields `filename`, `mime_type` and `sha256`, and others that are counted
/// only.
struct UploadForm {
    private enum Part {
        case file(IncomingFile)
        case field(String)
        case ignored
    }

    private let limits: UploadLimits
    private let makeFile: (PartHeaders) throws(UploadFailure) -> IncomingFile
    private var part = Part.ignored
    private var file: IncomingFile?
    private var text: [UInt8] = []
    private var allFieldBytes = 0
    private var fields: [String: String] = [:]
    private var digests: ClientDigests

    /// - Parameters:
    ///   - digests: what the request's own headers say of the file.
    ///   - makeFile: makes the receiver of the file part, called once.
    init(
        limits: UploadLimits, digests: ClientDigests,
        makeFile: @escaping (PartHeaders) throws(UploadFailure) -> IncomingFile
    ) {
        self.limits = limits
        self.digests = digests
        self.makeFile = makeFile
    }

    /// Bytes of the file so far.
    var fileBytes: Int64 { file?.size ?? 0 }

    /// Takes the parser's next event. Blocks on the spool's disk.
    mutating func take(_ event: MultipartEvent) throws(UploadFailure) {
        switch event {
        case .partBegan(let headers): try begin(headers)
        case .data(let bytes): try append(bytes)
        case .partEnded: try end()
        case .finished: break
        }
    }

    /// Waits until nobody reads the bytes of an event any more.
    func settle() { file?.settle() }

    /// The upload, once the parser has said `finished`.
    ///
    /// - Throws: NO_FILE without a part named `file`, EMPTY_FILE when it has no bytes, DIGEST_MISMATCH when it is not what
    ///   the client's digests say.
    func finish() throws(UploadFailure) -> ReceivedUpload {
        guard let file else { throw UploadFailure(.noFile, outcome: "no_file") }
        guard file.size > 0 else { throw UploadFailure(.emptyFile, outcome: "empty_file") }
        let upload = try file.finish(filenameField: fields["filename"], mimeTypeField: fields["mime_type"])
        guard digests.match(md5: upload.md5, sha256: upload.sha256) else { throw .digestMismatch }
        return upload
    }

    private mutating func begin(_ headers: PartHeaders) throws(UploadFailure) {
        switch headers.name {
        case "file":
            guard file == nil else { throw Self.repeated("file") }
            for field in headers.fields where ClientDigests.partHeaders.contains(field.name) {
                do { try digests.add(header: field.name, field.value) } catch { throw UploadFailure(error) }
            }
            let incoming = try makeFile(headers)
            file = incoming
            part = .file(incoming)
        case "filename", "mime_type", "sha256":
            guard fields[headers.name] == nil else { throw Self.repeated(headers.name) }
            text.removeAll()
            part = .field(headers.name)
        default:
            part = .ignored
        }
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) throws(UploadFailure) {
        if case .file(let file) = part { return try file.append(bytes) }
        allFieldBytes += bytes.count
        guard allFieldBytes <= limits.allFieldBytes else {
            throw UploadFailure(
                .payloadTooLarge, message: "The fields of the form are too large.", outcome: "fields_too_large")
        }
        guard case .field(let name) = part else { return }
        guard text.count + bytes.count <= limits.fieldBytes else {
            throw UploadFailure(
                .validationError, field: (name, "must be at most \(limits.fieldBytes) bytes"), outcome: "field_too_long"
            )
        }
        text.append(contentsOf: bytes)
    }

    private mutating func end() throws(UploadFailure) {
        guard case .field(let name) = part else { return }
        guard let value = String(validating: text, as: UTF8.self) else {
            throw UploadFailure(.validationError, field: (name, "must be UTF-8"), outcome: "field_not_utf8")
        }
        fields[name] = value
        guard name == "sha256" else { return }
        do { try digests.add(sha256Field: value) } catch { throw UploadFailure(error) }
    }

    private static func repeated(_ name: String) -> UploadFailure {
        UploadFailure(.badRequest, message: "The form has more than one part named \(name).", outcome: "repeated_part")
    }
}
