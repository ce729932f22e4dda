import Base
import Crypto
import HTTP

/// The form of one upload: its fields in memory, the file read from the disk as it is sent.
struct UploadForm {
    let contentType: String
    let body: HTTPRequest.Body
    /// Of the whole form.
    let length: Int64

    /// The digest goes first, so that the service can compare it as soon as the file has ended.
    init(_ file: LocalFile, mediaType: String?) {
        let boundary = "saasctl-" + Hex.encode(Random.bytes(16))
        var head = Self.field("filename", file.name, boundary) + Self.field("sha256", file.sha256, boundary)
        if let mediaType { head += Self.field("mime_type", mediaType, boundary) }
        // The name is a field of its own: there it needs no escapes.
        head += "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\r\n"
        let tail = "\r\n--\(boundary)--\r\n"
        contentType = "multipart/form-data; boundary=\(boundary)"
        body = .sequence([
            .bytes(Array(head.utf8)), .file(path: file.path, offset: 0, length: file.size), .bytes(Array(tail.utf8)),
        ])
        length = Int64(head.utf8.count + tail.utf8.count) + file.size
    }

    private static func field(_ name: String, _ value: String, _ boundary: String) -> String {
        "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
    }
}
