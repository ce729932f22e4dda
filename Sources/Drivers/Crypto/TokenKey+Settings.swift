package import Base

extension TokenKey {
    /// Reads JWT_SECRET_KEY, which signs, and JWT_ADDITIONAL_SECRET_KEYS, whose tokens are taken too: at most eight,
    /// separated by commas or blanks. Weak ones are problems of the environment.
    package static func read(from environment: inout Environment) -> [TokenKey] {
        let signing = environment.required("JWT_SECRET_KEY")
        let further = (environment.string("JWT_ADDITIONAL_SECRET_KEYS") ?? "")
            .split { $0 == "," || $0.isWhitespace }.map(String.init)
        if !signing.isEmpty, let weakness = SecretStrength.weakness(of: signing) {
            environment.report("JWT_SECRET_KEY \(weakness)")
        }
        for (number, secret) in further.enumerated() {
            guard let weakness = SecretStrength.weakness(of: secret) else { continue }
            environment.report("JWT_ADDITIONAL_SECRET_KEYS: number \(number + 1) \(weakness)")
        }
        if further.count > 8 { environment.report("JWT_ADDITIONAL_SECRET_KEYS must be at most 8 keys") }
        var seen: Set<String> = []
        return ([signing] + further).filter { seen.insert($0).inserted }.map { TokenKey(secret: Array($0.utf8)) }
    }
}
