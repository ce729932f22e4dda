package import Base
import Contract
package import Domain

extension Document: JSONWritable {
    /// What lists show, and the file.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            entry.writeMembers(to: &json)
            json.key("file")
            json.object { file.writeMembers(to: &$0) }
        }
    }
}

extension DocumentEntry: JSONWritable {
    package func write(to json: inout JSONWriter) { json.object { writeMembers(to: &$0) } }

    func writeMembers(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("filename", filename.text)
        json.member("mime_type", mediaType.text)
        json.member("file_id", fileID)
        json.member("user_id", userID)
        json.member("created_at", createdAt)
        json.member("updated_at", updatedAt)
        json.member("created_by", createdBy)
    }
}
