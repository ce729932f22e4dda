/// What a member may do in a tenant; each role may do all that the ones before it may.
package enum Role: String, CaseIterable, Comparable, Sendable {
    /// Reads.
    case viewer
    /// Also uploads, and edits and deletes own documents.
    case user
    /// Everything.
    case admin

    package init(validating text: String) throws(InvalidValue) {
        guard let role = Role(rawValue: text) else { throw InvalidValue("must be one of admin, user, viewer") }
        self = role
    }

    package static func < (a: Role, b: Role) -> Bool { a.rank < b.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .user: 1
        case .admin: 2
        }
    }
}
