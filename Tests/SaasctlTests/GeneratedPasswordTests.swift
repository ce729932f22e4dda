import Domain
import Testing

@testable import saasctl

struct GeneratedPasswordTests {
    @Test func everyOneObeysThePolicyAndIsNew() throws {
        let passwords = (0..<200).map { _ in GeneratedPassword.make().text }
        for password in passwords {
            _ = try Password(password)
            #expect(password.count == 20)
        }
        #expect(Set(passwords).count == passwords.count)
    }
}
