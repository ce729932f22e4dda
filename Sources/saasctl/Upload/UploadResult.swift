import Base

/// What became of one file of `saasctl upload`.
struct UploadResult: JSONWritable {
    enum Status: String {
        case uploaded
        /// The tenant has a document with this name and content already.
        case skipped
        case failed
    }

    let path: String
    let status: Status
    var documentID: String?
    var fileID: String?
    var sha256: String?
    var size: Int64?
    var uploadID: String?
    /// One sentence, when it failed.
    var problem: String?

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("path", path)
            json.member("status", status.rawValue)
            json.member("document_id", documentID)
            json.member("file_id", fileID)
            json.member("sha256", sha256)
            json.member("size", size)
            json.member("upload_id", uploadID)
            json.member("error", problem)
        }
    }
}
