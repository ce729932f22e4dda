/// What the audit trail tells of; the raw value is stored and shown.
package enum AuditAction: String, CaseIterable, Sendable {
    case register = "user.register"
    case updateUser = "user.update"
    case changePassword = "user.change_password"

    case login = "auth.login"
    case refresh = "auth.refresh"
    /// A refresh token that was used before came again: its family has ended.
    case reuseToken = "auth.reuse_token"
    case logout = "auth.logout"

    case createTenant = "tenant.create"
    case updateTenant = "tenant.update"
    case deleteTenant = "tenant.delete"
    /// By the operator, as are the next three.
    case suspendTenant = "tenant.suspend"
    case resumeTenant = "tenant.resume"
    case undeleteTenant = "tenant.undelete"
    case restoreTenant = "tenant.restore"
    /// Nothing of the tenant is left.
    case purgeTenant = "tenant.purge"

    case addMember = "member.add"
    case changeRole = "member.change_role"
    case removeMember = "member.remove"

    case uploadDocument = "document.upload"
    case updateDocument = "document.update"
    case deleteDocument = "document.delete"
    case deleteFile = "file.delete"
    /// By the product: the virus scanner has found something; the file can no longer be downloaded.
    case quarantineFile = "file.quarantine"

    /// A request of a known user that may not be made: 401, 403, or 404 for a tenant that is not the user's.
    case refusedRequest = "request.refused"
    /// A request that would have changed something and was refused for another reason, or failed.
    case failedRequest = "request.failed"

    package init(validating text: String) throws(InvalidValue) {
        guard let action = AuditAction(rawValue: text) else {
            throw InvalidValue("must be one of \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self = action
    }
}
