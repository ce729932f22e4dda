package import Base

/// Which Vault, as whom, and where in it the secrets are. Holds credentials; never print it.
package struct VaultSettings: Sendable {
    /// How a program proves who it is.
    package enum Login: Sendable {
        case token(String)
        /// AppRole, at `auth/<mount>/login`.
        case appRole(roleID: String, secretID: String, mount: String)
    }

    /// Without a slash at the end.
    package let address: String
    package let namespace: String?
    package let login: Login
    /// The KV version 2 engine's mount and the secret's path in it.
    package let mount: String
    package let path: String
    /// PEM file of the authorities to trust instead of the system's.
    package let caFile: String?
    /// For one request, all of it.
    package let timeout: Duration
    /// Pauses before a request that failed for a passing reason is sent again.
    package var retryPauses: [Duration] = [.milliseconds(300), .milliseconds(900), .seconds(2)]

    package init(
        address: String, namespace: String? = nil, login: Login, mount: String = "secret",
        path: String = "saas-platform", caFile: String? = nil, timeout: Duration = .seconds(5)
    ) {
        self.address = address
        self.namespace = namespace
        self.login = login
        self.mount = mount
        self.path = path
        self.caFile = caFile
        self.timeout = timeout
    }

    private static let loginNames = ["VAULT_TOKEN", "VAULT_ROLE_ID", "VAULT_SECRET_ID"]

    /// Reads VAULT_ADDR, VAULT_NAMESPACE, VAULT_TOKEN or VAULT_ROLE_ID with VAULT_SECRET_ID, VAULT_APPROLE_MOUNT,
    /// VAULT_SECRET_PATH, VAULT_CACERT and VAULT_CLIENT_TIMEOUT (seconds).
    ///
    /// Nil when Vault is not configured at all. Half a configuration is a problem of the environment, never a reason to
    /// look for the secrets elsewhere.
    package static func read(from environment: inout Environment) -> VaultSettings? {
        let problemsBefore = environment.problems.count
        let timeout = environment.integer("VAULT_CLIENT_TIMEOUT", default: 5, in: 1...60)
        let place = (environment.string("VAULT_SECRET_PATH") ?? "secret/saas-platform")
        let parts = place.split(separator: "/", maxSplits: 1)
        if parts.count != 2 || !place.utf8.allSatisfy(Self.isPlain) || place.contains("..") {
            environment.report("VAULT_SECRET_PATH must be mount/path of letters, digits and - _ . /")
        }
        let mount = environment.string("VAULT_APPROLE_MOUNT") ?? "approle"
        if !mount.utf8.allSatisfy(Self.isPlain) || mount.contains("..") {
            environment.report("VAULT_APPROLE_MOUNT must be of letters, digits and - _ . /")
        }
        guard let address = environment.string("VAULT_ADDR") else {
            for name in loginNames where environment.string(name) != nil {
                environment.report("\(name) is set without VAULT_ADDR")
            }
            return nil
        }
        if !address.hasPrefix("https://"), !address.hasPrefix("http://") {
            environment.report("VAULT_ADDR must be an http or https URL")
        }
        let login = readLogin(&environment, mount: mount)
        guard environment.problems.count == problemsBefore, let login else { return nil }
        return VaultSettings(
            address: String(address.trimmingSlashes), namespace: environment.string("VAULT_NAMESPACE"), login: login,
            mount: String(parts[0]), path: String(parts[1].trimmingSlashes),
            caFile: environment.string("VAULT_CACERT"), timeout: .seconds(timeout))
    }

    private static func readLogin(_ environment: inout Environment, mount: String) -> Login? {
        let token = environment.string("VAULT_TOKEN")
        let role = environment.string("VAULT_ROLE_ID")
        let secret = environment.string("VAULT_SECRET_ID")
        switch (token, role, secret) {
        case (let token?, nil, nil): return .token(token)
        case (nil, let role?, let secret?): return .appRole(roleID: role, secretID: secret, mount: mount)
        case (nil, nil, nil):
            environment.report("VAULT_ADDR needs VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID (or their _FILE)")
        case (nil, nil, _): environment.report("VAULT_SECRET_ID is set without VAULT_ROLE_ID")
        case (nil, _, nil): environment.report("VAULT_ROLE_ID is set without VAULT_SECRET_ID")
        case (_?, _, _): environment.report("VAULT_TOKEN and an AppRole are both set; one of them is enough")
        }
        return nil
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "/"):
            true
        default: false
        }
    }
}

extension StringProtocol {
    /// Without slashes at its end.
    fileprivate var trimmingSlashes: SubSequence {
        var end = endIndex
        while end > startIndex, self[index(before: end)] == "/" { end = index(before: end) }
        return self[..<end]
    }
}
