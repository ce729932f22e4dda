package import Base
import Contract
package import Domain

extension Tenant: JSONWritable {
    package func write(to json: inout JSONWriter) { json.object { writeMembers(to: &$0) } }

    func writeMembers(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("name", name.text)
        json.member("database_name", database.name)
        json.member("is_active", state == .ready)
        json.member("created_at", createdAt)
        json.member("updated_at", updatedAt)
        json.member("created_by", createdBy)
    }
}

extension Membership: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            tenant.writeMembers(to: &json)
            json.member("role", role.rawValue)
            json.member("joined_at", joinedAt)
        }
    }
}

extension Member: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("tenant_id", tenantID)
            json.member("user_id", user.id)
            json.member("role", role.rawValue)
            json.member("joined_at", joinedAt)
            json.member("user", user)
        }
    }
}

/// A tenant with one page of its members.
struct TenantDetails: JSONWritable {
    let tenant: Tenant
    let role: Role
    let members: Page<Member>

    func write(to json: inout JSONWriter) {
        json.object { json in
            tenant.writeMembers(to: &json)
            json.member("role", role.rawValue)
            json.member("members", members.elements)
            json.key("pagination")
            members.writePagination(to: &json)
        }
    }
}
