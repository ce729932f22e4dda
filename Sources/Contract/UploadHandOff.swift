package import Base

/// The internal calls by which the sidecar hands an upload over to FCGIApp, as POSTs on FCGIApp's second socket.
///
/// | path | body | answer |
/// | --- | --- | --- |
/// | `/internal/uploads/resolve` | `ResolveUpload` | 200 `UploadTarget`: push the bytes there · 201: done (dedup) |
/// | `/internal/uploads/commit` | `SettleUpload` | 201: done |
/// | `/internal/uploads/abandon` | `SettleUpload` | 204 |
/// | `/internal/uploads/batch` | `UploadBatch.request` of several of the first two | 200 `UploadBatch.answer` |
///
/// 201 bodies and every error body (status ≥ 400) are the client's envelope, to be sent on unchanged. The header
/// `X-Remove-Object: 1` says that the object that was pushed is not wanted and must be removed by the sidecar.
package enum UploadHandOff {
    package static let resolvePath = "/internal/uploads/resolve"
    package static let commitPath = "/internal/uploads/commit"
    package static let abandonPath = "/internal/uploads/abandon"
    package static let batchPath = "/internal/uploads/batch"
    /// Name of the FastCGI response header that asks for the removal of the pushed object.
    package static let removeObjectHeader = "X-Remove-Object"
}

/// A whole body was received and hashed: what should become of it?
package struct ResolveUpload: Equatable, Sendable {
    /// The signed `UploadGrant`.
    package let grant: String
    /// Lower-case hexadecimal.
    package let md5: String
    package let sha256: String
    package let size: Int64
    /// What libmagic says of the first bytes.
    package let sniffedType: String
    /// Content-Type of the file part, when it had one.
    package let partType: String?
    /// The name in the file part, when it had one.
    package let partFilename: String?
    /// Form fields `filename` and `mime_type`, when sent.
    package let filenameField: String?
    package let mimeTypeField: String?

    package init(
        grant: String, md5: String, sha256: String, size: Int64, sniffedType: String, partType: String?,
        partFilename: String?, filenameField: String?, mimeTypeField: String?
    ) {
        self.grant = grant
        self.md5 = md5
        self.sha256 = sha256
        self.size = size
        self.sniffedType = sniffedType
        self.partType = partType
        self.partFilename = partFilename
        self.filenameField = filenameField
        self.mimeTypeField = mimeTypeField
    }

    /// Reads the JSON that `write` made; nil when a member is missing or of the wrong type.
    package init?(_ json: JSONValue) {
        guard let grant = json["grant"]?.string, let md5 = json["md5"]?.string, let sha256 = json["sha256"]?.string,
            let size = json["size"]?.integer, let sniffedType = json["sniffed_type"]?.string
        else { return nil }
        self.init(
            grant: grant, md5: md5, sha256: sha256, size: size, sniffedType: sniffedType,
            partType: json["part_type"]?.string, partFilename: json["part_filename"]?.string,
            filenameField: json["filename"]?.string, mimeTypeField: json["mime_type"]?.string)
    }
}

extension ResolveUpload: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("grant", grant)
            json.member("md5", md5)
            json.member("sha256", sha256)
            json.member("size", size)
            json.member("sniffed_type", sniffedType)
            json.member("part_type", partType)
            json.member("part_filename", partFilename)
            json.member("filename", filenameField)
            json.member("mime_type", mimeTypeField)
        }
    }
}

/// Where new content goes.
package struct UploadTarget: Equatable, Sendable {
    package let key: String
    package let contentType: String

    package init(key: String, contentType: String) {
        self.key = key
        self.contentType = contentType
    }

    package init?(_ json: JSONValue) {
        guard let key = json["key"]?.string, let contentType = json["content_type"]?.string else { return nil }
        self.init(key: key, contentType: contentType)
    }
}

extension UploadTarget: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("key", key)
            json.member("content_type", contentType)
        }
    }
}

/// The push has ended: commit the upload, or give it up.
package struct SettleUpload: Equatable, Sendable {
    /// The signed `UploadGrant`.
    package let grant: String

    package init(grant: String) { self.grant = grant }

    package init?(_ json: JSONValue) {
        guard let grant = json["grant"]?.string else { return nil }
        self.init(grant: grant)
    }
}

extension SettleUpload: JSONWritable {
    package func write(to json: inout JSONWriter) { json.object { $0.member("grant", grant) } }
}
