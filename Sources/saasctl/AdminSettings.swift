import Base
import Domain

/// Who the first administrator is to be, as far as the environment says it.
struct AdminSettings {
    /// ADMIN_EMAIL.
    let email: EmailAddress?
    /// ADMIN_FIRST_NAME.
    let firstName: PersonName?
    /// ADMIN_LAST_NAME.
    let lastName: PersonName?
    /// ADMIN_PASSWORD.
    let password: Password?
    /// TEST_TENANT_NAME.
    let testTenantName: TenantName
    /// BCRYPT_COST, as for the application.
    let passwordCost: Int

    /// What is wrong is added to the environment's problems.
    init(_ environment: inout Environment) {
        email = environment.value("ADMIN_EMAIL", EmailAddress.init(_:))
        firstName = environment.value("ADMIN_FIRST_NAME", PersonName.init(_:))
        lastName = environment.value("ADMIN_LAST_NAME", PersonName.init(_:))
        password = environment.value("ADMIN_PASSWORD", Password.init(_:))
        testTenantName = environment.value("TEST_TENANT_NAME", TenantName.init(_:)) ?? TenantName(stored: "Test Tenant")
        passwordCost = environment.integer("BCRYPT_COST", default: 12, in: 4...16)
    }
}

extension Environment {
    /// The variable as one of the domain's values; nil when it is unset, and a problem when it breaks the value's rule.
    fileprivate mutating func value<Value>(
        _ name: String, _ make: (String) throws(InvalidValue) -> Value
    ) -> Value? {
        guard let text = string(name) else { return nil }
        do {
            return try make(text)
        } catch {
            report("\(name) \(error.sentence)")
            return nil
        }
    }
}
