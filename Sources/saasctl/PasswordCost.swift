import Base
import Domain

/// What the commands that store a password have in common.
enum PasswordCost {
    /// BCRYPT_COST, as for the application.
    static func read(_ environment: Environment) throws(Failure) -> Int {
        var environment = environment
        let cost = environment.integer("BCRYPT_COST", default: 12, in: 4...16)
        guard environment.problems.isEmpty else { throw .configuration(environment.problems) }
        return cost
    }

    /// Tells what became of the user; a password that was made up is shown this once.
    static func tell(_ console: Console, user: User, outcome: String, generated: Password?, asJSON: Bool) {
        defer { if generated != nil { console.note(GeneratedPassword.advice) } }
        guard asJSON else {
            console.result("user \(user.email.text): \(outcome)")
            if let generated { console.result("password (shown this once): \(generated.text)") }
            return
        }
        console.result(json: UserWithPassword(user: user, password: generated?.text))
    }
}

/// A user, and the password when it was made up.
private struct UserWithPassword: JSONWritable {
    let user: User
    let password: String?

    func write(to json: inout JSONWriter) {
        json.object { json in
            user.writeMembers(to: &json)
            if let password { json.member("password", password) }
        }
    }
}
