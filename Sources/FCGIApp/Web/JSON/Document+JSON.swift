package import Base
import Contract
package import Domain

extension Document: JSONWritable {
    /// The document with its file.
    package func write(to json: inout JSONWriter) { write(to: &json, withFile: true) }

    func write(to json: inout JSONWriter, withFile: Bool) {
        json.object { json in
            json.member("id", id)
            json.member("filename", filename.text)
            json.member("mime_type", mediaType.text)
            json.member("file_id", file.id)
            json.member("user_id", userID)
            json.member("created_at", createdAt)
            json.member("updated_at", updatedAt)
            json.member("created_by", createdBy)
            if withFile {
                json.key("file")
                json.object { file.writeMembers(to: &$0) }
            }
        }
    }
}

/// One page of a tenant's documents.
struct DocumentList: JSONWritable {
    let page: Page<Document>
    let includesFile: Bool

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("documents")
            json.array(page.elements) { $1.write(to: &$0, withFile: includesFile) }
            json.key("pagination")
            page.writePagination(to: &json)
        }
    }
}
