import Domain

extension EmailAddress: ArgumentValue {
    static var form: String { "an e-mail address" }
    init?(argument: String) { try? self.init(argument) }
}

extension TenantName: ArgumentValue {
    static var form: String { "a name of 1 to 255 characters" }
    init?(argument: String) { try? self.init(argument) }
}

extension PersonName: ArgumentValue {
    static var form: String { "a name of 1 to 100 characters" }
    init?(argument: String) { try? self.init(argument) }
}
