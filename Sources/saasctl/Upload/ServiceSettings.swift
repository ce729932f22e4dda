import Base

/// How to reach the service as one of its users, as far as the environment says it.
struct ServiceSettings {
    /// SAASCTL_URL, else PUBLIC_BASE_URL, else this machine's stack.
    let url: String
    /// SAASCTL_TOKEN: an access token, in place of an email and a password.
    let token: String?
    /// SAASCTL_EMAIL.
    let email: String?
    /// SAASCTL_PASSWORD.
    let password: String?
    /// SAASCTL_CA_FILE: a PEM file of the authorities to trust instead of the system's.
    let caFile: String?

    /// What is wrong is added to the environment's problems.
    init(_ environment: inout Environment) {
        let port = environment.string("PORT", "FLASK_PORT") ?? "4999"
        let named = environment.string("SAASCTL_URL")
        url = named ?? environment.string("PUBLIC_BASE_URL") ?? "http://localhost:\(port)"
        token = environment.string("SAASCTL_TOKEN")
        email = environment.string("SAASCTL_EMAIL")
        password = environment.string("SAASCTL_PASSWORD")
        caFile = environment.string("SAASCTL_CA_FILE")
        if named != nil, !Self.isURL(url) { environment.report("SAASCTL_URL must be an http or https URL") }
    }

    /// Whether requests can be sent below the text.
    static func isURL(_ text: String) -> Bool {
        (text.hasPrefix("http://") || text.hasPrefix("https://")) && text.utf8.allSatisfy { $0 > 32 && $0 < 127 }
    }
}
