/// Which types a file may carry, given what its bytes look like.
///
/// libmagic sees bytes only: many formats look like a more general one (an office document is a ZIP, CSV is plain
/// text). A more exact type is believed when it comes from the extension or from the client and fits what was seen;
/// anything else keeps the sniffed type, so that a script is never served as a picture.
package enum MediaTypeRules {
    /// The type to store for a new document.
    ///
    /// - Parameters:
    ///   - sniffed: what libmagic says.
    ///   - declared: what the client says, when it does.
    package static func stored(sniffed: MediaType, declared: MediaType?, filename: Filename) -> MediaType {
        if let declared, isCompatible(declared, with: sniffed) { return declared }
        if let byExtension = byExtension[filename.fileExtension], isCompatible(byExtension, with: sniffed) {
            return byExtension
        }
        return sniffed
    }

    /// The type to store under a policy; nil when the upload is to be refused.
    ///
    /// `application/octet-stream` claims nothing, and neither does an extension that is not in the table.
    package static func type(
        under policy: UploadTypePolicy, sniffed: MediaType, declared: MediaType?, filename: Filename
    ) -> MediaType? {
        switch policy {
        case .correct: return stored(sniffed: sniffed, declared: declared, filename: filename)
        case .record:
            if let declared, declared.text != "application/octet-stream" { return declared }
            return stored(sniffed: sniffed, declared: nil, filename: filename)
        case .refuse:
            let byName = byExtension[filename.fileExtension] ?? exactExtensions[filename.fileExtension]
            for claim in [declared, byName] {
                guard let claim, claim.text != "application/octet-stream" else { continue }
                guard isCompatible(claim, with: sniffed) || isPlainer(claim, than: sniffed),
                    !(sniffed.text == "application/octet-stream" && hasSignature(claim.text))
                else { return nil }
            }
            return stored(sniffed: sniffed, declared: declared, filename: filename)
        }
    }

    /// Whether content that looks like `sniffed` may be labelled `type`.
    package static func isCompatible(_ type: MediaType, with sniffed: MediaType) -> Bool {
        if type == sniffed { return true }
        if aliases[type.text] == sniffed.text || aliases[sniffed.text] == type.text { return true }
        return refinements[sniffed.text]?(type.text) ?? false
    }

    /// More exact types that each general one can be.
    private static let refinements: [String: @Sendable (String) -> Bool] = [
        "application/zip": { isZipBased($0) },
        "application/x-ole-storage": { $0 == "application/msword" || $0.hasPrefix("application/vnd.ms-") },
        "application/cdfv2": { $0 == "application/msword" || $0.hasPrefix("application/vnd.ms-") },
        "application/xml": { isXMLBased($0) },
        "text/xml": { isXMLBased($0) },
        "text/html": { $0 == "application/xhtml+xml" },
        "application/json": { $0.hasSuffix("+json") || $0 == "text/plain" },
        "text/csv": { $0 == "text/plain" },
        "application/gzip": { $0 == "application/x-gtar" || $0 == "application/x-compressed-tar" },
        "application/octet-stream": { !isActive($0) },
        "text/plain": { isTextBased($0) },
        "video/mp4": { $0 == "audio/mp4" || $0 == "video/quicktime" },
        "application/ogg": { $0 == "audio/ogg" || $0 == "video/ogg" },
    ]

    private static let aliases: [String: String] = [
        "application/x-zip-compressed": "application/zip", "image/jpg": "image/jpeg", "text/xml": "application/xml",
        "application/x-gzip": "application/gzip", "audio/mp3": "audio/mpeg", "application/x-pdf": "application/pdf",
        "image/x-ms-bmp": "image/bmp", "audio/x-wav": "audio/wav",
    ]

    private static let byExtension: [String: MediaType] = [
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt": "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet",
        "odp": "application/vnd.oasis.opendocument.presentation", "epub": "application/epub+zip",
        "doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
        "csv": "text/csv", "json": "application/json", "md": "text/markdown", "xml": "application/xml",
        "yaml": "application/yaml", "yml": "application/yaml", "rtf": "application/rtf", "svg": "image/svg+xml",
    ].mapValues { MediaType(stored: $0) }

    /// Types of extensions whose content libmagic knows by itself: no help in finding the type, but a claim.
    private static let exactExtensions: [String: MediaType] = [
        "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
        "webp": "image/webp", "bmp": "image/bmp", "tif": "image/tiff", "tiff": "image/tiff", "zip": "application/zip",
        "gz": "application/gzip", "mp3": "audio/mpeg", "mp4": "video/mp4", "html": "text/html", "htm": "text/html",
        "txt": "text/plain",
    ].mapValues { MediaType(stored: $0) }

    /// Any text but a page may be called plain: libmagic finds programming languages in notes.
    private static func isPlainer(_ type: MediaType, than sniffed: MediaType) -> Bool {
        type.text == "text/plain" && sniffed.text.hasPrefix("text/") && !isActive(sniffed.text)
    }

    /// Types that libmagic tells by their first bytes: unknown bytes are not of them.
    private static func hasSignature(_ type: String) -> Bool {
        switch type {
        case "application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff",
            "application/zip", "application/gzip", "application/msword":
            true
        default: isZipBased(type) || type.hasPrefix("application/vnd.ms-")
        }
    }

    private static func isZipBased(_ type: String) -> Bool {
        type.hasPrefix("application/vnd.openxmlformats-officedocument.")
            || type.hasPrefix("application/vnd.oasis.opendocument.") || type.hasSuffix("+zip")
            || type == "application/java-archive"
    }

    private static func isXMLBased(_ type: String) -> Bool { type.hasSuffix("+xml") || type.hasSuffix("/xml") }

    private static func isTextBased(_ type: String) -> Bool {
        switch type {
        case "text/csv", "text/markdown", "text/tab-separated-values", "text/calendar", "text/vcard",
            "application/json", "application/yaml", "application/x-yaml", "application/toml", "application/sql",
            "application/x-ndjson", "application/rtf", "text/rtf", "message/rfc822":
            true
        default: type.hasSuffix("+json")
        }
    }

    /// Types that a browser could run.
    private static func isActive(_ type: String) -> Bool {
        type.contains("html") || type.contains("script") || isXMLBased(type) || type == "image/svg+xml"
            || type == "text/xsl" || type.hasPrefix("multipart/") || type == "application/x-shockwave-flash"
    }
}
