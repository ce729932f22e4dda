package import Base
package import Contract
package import Domain

/// What an archive says of itself: the tenant, its members, the database. Stands first in the archive.
package struct BackupManifest: Equatable, Sendable {
    /// A member, by what another installation can know of a person.
    package struct Member: Equatable, Sendable {
        package let email: String
        package let role: Role
    }

    /// The form of the archive; a reader refuses a later one.
    package static let format: Int64 = 1

    package let tenant: TenantID
    package let name: String
    package let createdAt: Timestamp
    package let exportedAt: Timestamp
    /// The address of the user who made the tenant.
    package let creator: String?
    package let members: [Member]
    /// The number of the last migration of the tenant's database.
    package let schemaVersion: Int
    package let objects: Int64
    package let objectBytes: Int64

    package init(
        tenant: Tenant, creator: String?, members: [Domain.Member], schemaVersion: Int, files: [StoredFile],
        exportedAt: Timestamp
    ) {
        self.tenant = tenant.id
        name = tenant.name.text
        createdAt = tenant.createdAt
        self.exportedAt = exportedAt
        self.creator = creator
        self.members = members.map { Member(email: $0.user.email.text, role: $0.role) }
        self.schemaVersion = schemaVersion
        objects = Int64(files.count)
        objectBytes = files.reduce(0) { $0 + $1.size }
    }

    /// - Throws: `.damaged` when it is not of this form.
    package init(parsing bytes: [UInt8]) throws(BackupError) {
        guard let json = (try? JSONValue(parsing: bytes))?.object, case .integer(let format)? = json["format"] else {
            throw .damaged("the archive's manifest cannot be read")
        }
        guard format <= Self.format else {
            throw .failed("the archive was made by a later release (format \(format))")
        }
        guard let tenant = json["tenant_id"]?.string.flatMap({ TenantID($0) }), let name = json["name"]?.string,
            let createdAt = json["created_at"]?.string.flatMap({ Timestamp($0) }),
            let exportedAt = json["exported_at"]?.string.flatMap({ Timestamp($0) }),
            case .array(let members)? = json["members"], case .integer(let version)? = json["schema_version"],
            case .integer(let objects)? = json["objects"], case .integer(let objectBytes)? = json["object_bytes"]
        else { throw .damaged("the archive's manifest lacks something") }
        self.tenant = tenant
        self.name = name
        self.createdAt = createdAt
        self.exportedAt = exportedAt
        creator = json["creator"]?.string
        self.members = members.compactMap { member in
            guard let email = member.object?["email"]?.string,
                let role = member.object?["role"]?.string.flatMap({ Role(rawValue: $0) })
            else { return nil }
            return Member(email: email, role: role)
        }
        schemaVersion = Int(version)
        self.objects = objects
        self.objectBytes = objectBytes
    }
}

extension BackupManifest: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("format", Self.format)
            json.member("tenant_id", tenant)
            json.member("name", name)
            json.member("created_at", createdAt)
            json.member("exported_at", exportedAt)
            json.member("creator", creator)
            json.member("schema_version", schemaVersion)
            json.member("objects", objects)
            json.member("object_bytes", objectBytes)
            json.key("members")
            json.array(members) { json, member in
                json.object { json in
                    json.member("email", member.email)
                    json.member("role", member.role.rawValue)
                }
            }
        }
    }
}
