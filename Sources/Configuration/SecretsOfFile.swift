import Base

/// The secrets in a file of settings, as Vault's fields, and the file without them.
package struct SecretsOfFile: Sendable {
    /// By the names of Vault's fields.
    package let fields: [String: String]
    /// The names of the variables that they were taken from.
    package let names: [String]
    /// The file's text without those variables; a connection string stays, without user and password.
    package let rest: String

    package init(_ text: String) {
        let file = EnvironmentFile(text)
        let values = file.values
        var fields: [String: String] = [:]
        var names: [String] = []
        var lines: [Int: String?] = [:]
        for setting in SecretSetting.inVault {
            guard let field = setting.field else { continue }
            for name in [setting.name] + setting.aliases {
                guard let value = values[name], !value.isEmpty else { continue }
                if fields[field] == nil { fields[field] = value }
                names.append(name)
                for entry in file.entries where entry.name == name { lines[entry.line] = .some(nil) }
            }
        }
        for name in ["DATABASE_URL", "TENANT_DATABASE_URL_TEMPLATE"] {
            for entry in file.entries where entry.name == name {
                guard let parts = ConnectionString(entry.value) else { continue }
                if fields["db_password"] == nil {
                    fields["db_user"] = parts.user
                    fields["db_password"] = parts.password
                }
                // Another user's password stays where it is: Vault's secret has one.
                guard fields["db_password"] == parts.password, fields["db_user"] == parts.user else { continue }
                names.append(name)
                lines[entry.line] = "\(name)=\(parts.rest)"
            }
        }
        self.fields = fields
        self.names = names
        rest = file.lines.enumerated().compactMap { lines[$0.offset] ?? $0.element }.joined(separator: "\n")
    }

    /// A connection string in URL form that holds a user and a password.
    private struct ConnectionString {
        let user: String
        let password: String
        let rest: String

        init?(_ url: String) {
            guard let scheme = url.firstRange(of: "://") else { return nil }
            let end = url[scheme.upperBound...].firstIndex { $0 == "/" || $0 == "?" } ?? url.endIndex
            guard let at = url[scheme.upperBound..<end].lastIndex(of: "@") else { return nil }
            let parts = url[scheme.upperBound..<at].split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let user = PercentEncoding.decode(parts[0]),
                let password = PercentEncoding.decode(parts[1])
            else { return nil }
            self.user = user
            self.password = password
            rest = String(url[..<scheme.upperBound] + url[url.index(after: at)...])
        }
    }
}
