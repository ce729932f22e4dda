import Base
import Contract
import Domain

/// Makes the first administrator's account.
struct AdminSetup {
    let settings: AdminSettings
    /// Nil when nobody may be asked.
    let terminal: Terminal?
    /// Whether a password may be made up.
    let generatesPassword: Bool
    let console: Console

    /// The account's address: from the settings, else asked for.
    func email() throws(Failure) -> EmailAddress {
        if let email = settings.email { return email }
        guard let terminal else { throw missing("ADMIN_EMAIL", hint: "") }
        return try terminal.ask("Email", EmailAddress.init(_:))
    }

    /// Registers the user unless there is one with this address, who is left as he is.
    func create(_ email: EmailAddress, in repositories: Repositories) throws(Failure) {
        let found = try repositories.read { main throws(ErrorAnswer) in try main.users.find(email: email) }
        guard found == nil else { return reportExisting(email) }
        let firstName = try name(settings.firstName, label: "First name", usual: "Admin")
        let lastName = try name(settings.lastName, label: "Last name", usual: "User")
        let password = try password()
        do throws(ErrorAnswer) {
            _ = try repositories.auth(passwordCost: settings.passwordCost)
                .register(
                    firstName: firstName, lastName: lastName, email: email, password: password.value,
                    passwordLifetime: password.lifetime)
        } catch  where error.code == .emailTaken {
            return reportExisting(email)  // another run was faster
        } catch {
            throw Failure(error)
        }
        console.result("admin \(email.text): created")
        if password.isGenerated {
            console.result("password (shown this once): \(password.value.text)")
            console.note(GeneratedPassword.advice)
        }
    }

    private func reportExisting(_ email: EmailAddress) {
        console.result("admin \(email.text): exists already, left unchanged")
    }

    private func name(_ given: PersonName?, label: String, usual: String) throws(Failure) -> PersonName {
        if let given { return given }
        guard let terminal else { return PersonName(stored: usual) }
        return try terminal.ask(label, default: usual, PersonName.init(_:))
    }

    private func password() throws(Failure) -> PasswordSource.Given {
        if let password = settings.password { return .init(value: password, isGenerated: false) }
        if let terminal { return .init(value: try terminal.askNewPassword(), isGenerated: false) }
        guard generatesPassword else {
            throw missing("ADMIN_PASSWORD", hint: "; with --non-interactive one is generated")
        }
        return .init(value: GeneratedPassword.make(), isGenerated: true)
    }

    private func missing(_ name: String, hint: String) -> Failure {
        .configuration(["\(name) is not set, and there is no terminal to ask on\(hint)"])
    }
}
