import Base
import HTTP

/// Speaks Vault's HTTP API: login by AppRole, KV version 2, renewal of the own token.
///
/// Requests block, take at most the settings' time each, and are sent again a few times when the reason passes (sealed,
/// no answer, 429, 5xx). Answers over 1 MiB are refused. One redirect of a standby to the active node is followed, never
/// from https to http. Any thread may call.
package struct VaultClient: Sendable {
    private let settings: VaultSettings
    private let http: HTTPClient

    package init(_ settings: VaultSettings) {
        self.settings = settings
        http = HTTPClient(caFile: settings.caFile)
    }

    /// A token by the settings' way of login. One that was given is looked up, so that its lifetime is known.
    package func login() throws(VaultError) -> VaultToken {
        switch settings.login {
        case .token(let text):
            let data = try call("GET", "auth/token/lookup-self", token: text)["data"]
            return VaultToken(
                text: text, lifetime: .seconds(data?["ttl"]?.integer ?? 0),
                isRenewable: data?["renewable"]?.bool ?? false)
        case .appRole(let roleID, let secretID, let mount):
            do {
                let body = JSONValue.object(["role_id": .string(roleID), "secret_id": .string(secretID)])
                return try token(in: try call("POST", "auth/\(mount)/login", body: body))
            } catch .unexpected(status: 400) {
                throw .loginRefused
            }
        }
    }

    /// The last version of the secret at the settings' path.
    ///
    /// - Throws: `.notFound` also for a version that was deleted.
    package func read(with token: VaultToken) throws(VaultError) -> VaultSecret {
        let answer = try call("GET", secretPath, token: token.text)
        guard let data = answer["data"], let fields = data["data"]?.object,
            let version = data["metadata"]?["version"]?.integer
        else { throw .unexpected(status: 200) }
        return VaultSecret(version: version, fields: fields.compactMapValues(\.string))
    }

    /// The number of the secret's last version, deleted or not; 0 when there never was one.
    package func lastVersion(with token: VaultToken) throws(VaultError) -> Int64 {
        do {
            let answer = try call("GET", "\(settings.mount)/metadata/\(settings.path)", token: token.text)
            return answer["data"]?["current_version"]?.integer ?? 0
        } catch .notFound {
            return 0
        }
    }

    /// Writes a new version of the secret, if `version` is still the last one (0: there is none at all).
    ///
    /// - Returns: the number of the new version.
    /// - Throws: `.changedMeanwhile` when it is not.
    package func write(
        _ fields: [String: String], replacing version: Int64, with token: VaultToken
    ) throws(VaultError) -> Int64 {
        let body = JSONValue.object([
            "options": .object(["cas": .integer(version)]),
            "data": .object(fields.mapValues { .string($0) }),
        ])
        do {
            let answer = try call("POST", secretPath, token: token.text, body: body)
            return answer["data"]?["version"]?.integer ?? version + 1
        } catch .unexpected(status: 400) {
            throw .changedMeanwhile
        }
    }

    /// Makes the token last longer.
    ///
    /// - Returns: the token with what Vault grants from now on; less than asked near the token's end.
    package func renew(_ token: VaultToken) throws(VaultError) -> VaultToken {
        try self.token(in: try call("POST", "auth/token/renew-self", token: token.text, body: .object([:])))
    }

    private var secretPath: String { "\(settings.mount)/data/\(settings.path)" }

    private func token(in answer: JSONValue) throws(VaultError) -> VaultToken {
        guard let auth = answer["auth"], let text = auth["client_token"]?.string else { throw .unexpected(status: 200) }
        return VaultToken(
            text: text, lifetime: .seconds(auth["lease_duration"]?.integer ?? 0),
            isRenewable: auth["renewable"]?.bool ?? false)
    }

    private func call(
        _ method: String, _ path: String, token: String? = nil, body: JSONValue? = nil
    ) throws(VaultError) -> JSONValue {
        var pauses = settings.retryPauses[...]
        while true {
            do {
                return try send(method, "\(settings.address)/v1/\(path)", token, body, mayRedirect: true)
            } catch {
                guard error.isPassing, let pause = pauses.popFirst() else { throw error }
                Pause.sleep(pause)
            }
        }
    }

    private func send(
        _ method: String, _ url: String, _ token: String?, _ body: JSONValue?, mayRedirect: Bool
    ) throws(VaultError) -> JSONValue {
        // Against forged requests of other programs, Vault can be told to insist on X-Vault-Request.
        var headers = [(name: "X-Vault-Request", value: "true")]
        if let token { headers.append((name: "X-Vault-Token", value: token)) }
        if let namespace = settings.namespace { headers.append((name: "X-Vault-Namespace", value: namespace)) }
        if body != nil { headers.append((name: "Content-Type", value: "application/json")) }
        let response: HTTPResponse
        do {
            response = try http.send(
                HTTPRequest(
                    method: method, url: url, headers: headers, body: body.map { .bytes($0.jsonBytes) } ?? .none,
                    timeouts: HTTPTimeouts(connect: min(.seconds(2), settings.timeout), total: settings.timeout),
                    maxResponseBytes: 1 << 20))
        } catch {
            throw .unreachable(Self.reason(error))
        }
        switch response.status {
        case 200: return try Self.parse(response)
        case 204: return .null
        case 307, 308, 301, 302:
            guard mayRedirect, let target = response.header("Location"), Self.mayFollow(target, from: url) else {
                throw .redirected
            }
            return try send(method, target, token, body, mayRedirect: false)
        case 403: throw .denied
        case 404: throw .notFound
        case 429: throw .tooManyRequests
        case 503: throw .sealed
        default: throw .unexpected(status: response.status)
        }
    }

    private static func parse(_ response: HTTPResponse) throws(VaultError) -> JSONValue {
        do { return try JSONValue(parsing: response.body) } catch { throw .unexpected(status: response.status) }
    }

    /// A token that travelled encrypted does not go on in the clear.
    private static func mayFollow(_ target: String, from url: String) -> Bool {
        target.hasPrefix("https://") || (target.hasPrefix("http://") && url.hasPrefix("http://"))
    }

    private static func reason(_ error: HTTPError) -> String {
        switch error {
        case .couldNotConnect: "no connection"
        case .timedOut: "no answer in time"
        case .brokenOff: "the connection broke off"
        case .responseTooLarge: "the answer is too large"
        case .other: "the address, or the certificate, is not usable"
        }
    }
}
