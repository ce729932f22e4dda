import Contract

/// The parts of an upload's form: one file, the fields `filename` and `mime_type`, and others that are counted only.
struct UploadForm {
    private enum Part {
        case file(IncomingFile)
        case field(String)
        case ignored
    }

    private let limits: UploadLimits
    private let maxBytes: Int64
    private let makeFile: (PartHeaders) -> IncomingFile
    private var part = Part.ignored
    private var file: IncomingFile?
    private var text: [UInt8] = []
    private var allFieldBytes = 0
    private var fields: [String: String] = [:]

    /// - Parameter makeFile: makes the receiver of the file part, called once.
    init(limits: UploadLimits, maxBytes: Int64, makeFile: @escaping (PartHeaders) -> IncomingFile) {
        self.limits = limits
        self.maxBytes = maxBytes
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

    /// The upload, once the parser has said `finished`.
    ///
    /// - Throws: NO_FILE without a part named `file`, EMPTY_FILE when it has no bytes.
    func finish() throws(UploadFailure) -> ReceivedUpload {
        guard let file else { throw UploadFailure(.noFile, outcome: "no_file") }
        guard file.size > 0 else { throw UploadFailure(.emptyFile, outcome: "empty_file") }
        return file.finish(filenameField: fields["filename"], mimeTypeField: fields["mime_type"])
    }

    private mutating func begin(_ headers: PartHeaders) throws(UploadFailure) {
        switch headers.name {
        case "file":
            guard file == nil else { throw Self.repeated("file") }
            let incoming = makeFile(headers)
            file = incoming
            part = .file(incoming)
        case "filename", "mime_type":
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
    }

    private static func repeated(_ name: String) -> UploadFailure {
        UploadFailure(.badRequest, message: "The form has more than one part named \(name).", outcome: "repeated_part")
    }
}
