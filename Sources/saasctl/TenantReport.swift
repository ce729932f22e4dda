import Base
import Contract
import Domain

/// All that is known of one tenant.
struct TenantReport: JSONWritable {
    let tenant: Tenant
    /// The first hundred.
    let members: [Member]
    let memberCount: Int64
    let purge: TenantPurge?
    let deletion: TenantDeletion?
    /// What its database holds; nil where it was not looked at.
    var census: TenantCensus?

    /// For people: a table of two columns.
    var lines: [String] {
        var rows = [
            ["id", tenant.id.description], ["name", tenant.name.text], ["database", tenant.database.name],
            ["state", tenant.state.rawValue + (tenant.suspendedBy.map { " by \($0.rawValue)" } ?? "")],
            ["created", "\(tenant.createdAt) by \(tenant.createdBy)"],
        ]
        if let census {
            rows.append(["database size", "\(census.databaseBytes) bytes"])
            rows += ["documents", "files"].map { [$0, "\(census.tableRows[$0] ?? 0)"] }
        }
        if let purge {
            rows.append(["deleted", "\(purge.requestedAt) by \(purge.requestedBy?.description ?? "operator")"])
            rows.append(["purge", purge.step.rawValue])
        }
        if let deletion { rows += deletion.rows }
        if memberCount > 0 { rows.append(["members", "\(memberCount)"]) }
        rows += members.map { ["", "\($0.user.email.text)  \($0.role.rawValue)"] }
        return Table.lines(rows)
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("id", tenant.id)
            json.member("name", tenant.name.text)
            json.member("database_name", tenant.database.name)
            json.member("state", tenant.state.rawValue)
            json.member("suspended_by", tenant.suspendedBy?.rawValue)
            json.member("created_at", tenant.createdAt)
            json.member("created_by", tenant.createdBy)
            json.member("updated_at", tenant.updatedAt)
            json.member("member_count", memberCount)
            json.key("members")
            json.array(members) { json, member in
                json.object { json in
                    json.member("user_id", member.user.id)
                    json.member("email", member.user.email.text)
                    json.member("role", member.role.rawValue)
                    json.member("joined_at", member.joinedAt)
                }
            }
            json.member("database_bytes", census?.databaseBytes)
            json.member("table_rows", census.map { JSONValue.object($0.tableRows.mapValues { .integer($0) }) })
            json.member("deleted_at", purge?.requestedAt)
            json.member("purge_step", purge?.step.rawValue)
            json.member("deletion", deletion)
        }
    }
}
