/// Why Vault gave no answer that is of use. The sentences hold no secrets and no addresses.
package enum VaultError: Error, Equatable, Sendable {
    /// Nobody answered, or too slowly, or with more than is taken.
    case unreachable(String)
    /// 503: Vault is sealed, or a standby that cannot reach the active node.
    case sealed
    /// 403: the token is not good, or its policy does not allow this.
    case denied
    /// 404: no such secret, or its last version is deleted.
    case notFound
    /// 429: more requests than Vault's quota allows.
    case tooManyRequests
    /// 400 to a login: role id or secret id are not good.
    case loginRefused
    /// 400 to a write: someone else wrote in between.
    case changedMeanwhile
    /// A redirect that is not followed: to plain http, to nowhere, or a second one.
    case redirected
    /// Any other status, or a body that is not Vault's.
    case unexpected(status: Int)

    /// What an operator reads.
    package var sentence: String {
        switch self {
        case .unreachable(let detail): "Vault cannot be reached (\(detail))"
        case .sealed: "Vault is sealed or not available (503)"
        case .denied: "Vault refuses the token, or its policy does not allow this path (403)"
        case .notFound: "Vault has no such secret (404)"
        case .tooManyRequests: "Vault takes no more requests at the moment (429)"
        case .loginRefused: "Vault refuses the role id or the secret id (400)"
        case .changedMeanwhile: "the secret was changed in Vault by someone else meanwhile"
        case .redirected: "Vault redirects to an address that is not followed"
        case .unexpected(let status): "Vault answers in a way that is not understood (status \(status))"
        }
    }

    /// Whether the same request may succeed a moment later.
    var isPassing: Bool {
        switch self {
        case .unreachable, .sealed, .tooManyRequests: true
        case .unexpected(let status): status >= 500
        case .denied, .notFound, .loginRefused, .changedMeanwhile, .redirected: false
        }
    }
}
