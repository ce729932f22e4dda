package import Base
package import Domain

extension User: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in writeMembers(to: &json) }
    }

    /// The members of the user's object, for objects that hold more.
    func writeMembers(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("email", email.text)
        json.member("first_name", firstName.text)
        json.member("last_name", lastName.text)
        json.member("is_active", isActive)
        json.member("created_at", createdAt)
        json.member("updated_at", updatedAt)
    }

    /// id, e-mail, name, state, created.
    var cells: [String] {
        [
            id.description, email.text, "\(firstName.text) \(lastName.text)", isActive ? "active" : "inactive",
            createdAt.description.prefix(19) + "Z",
        ]
    }
}
