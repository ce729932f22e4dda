package import Base
import Contract
package import Domain

extension User: JSONWritable {
    package func write(to json: inout JSONWriter) { json.object { writeMembers(to: &$0) } }

    func writeMembers(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("first_name", firstName.text)
        json.member("last_name", lastName.text)
        json.member("email", email.text)
        json.member("is_active", isActive)
        json.member("created_at", createdAt)
        json.member("updated_at", updatedAt)
    }
}
