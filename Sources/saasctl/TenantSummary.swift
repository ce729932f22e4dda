import Base
import Contract
import Domain

/// One tenant in a list.
struct TenantSummary: JSONWritable {
    let tenant: Tenant
    let members: Int64

    /// id, name, database, state, created, members.
    var cells: [String] {
        [
            tenant.id.description, tenant.name.text, tenant.database.name, tenant.state.rawValue,
            tenant.createdAt.description.prefix(19) + "Z", String(members),
        ]
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("id", tenant.id)
            json.member("name", tenant.name.text)
            json.member("database_name", tenant.database.name)
            json.member("state", tenant.state.rawValue)
            json.member("suspended_by", tenant.suspendedBy?.rawValue)
            json.member("created_at", tenant.createdAt)
            json.member("members", members)
        }
    }
}
