import Base
import Contract
import Domain

/// One user, named by id or by e-mail address.
enum UserSelection: ArgumentValue {
    case id(UserID)
    case email(EmailAddress)

    static let parameter = Parameter("USER", "the user's e-mail address or id")
    static var form: String { "an e-mail address or a UUID" }

    init?(argument: String) {
        if let id = UserID(argument) {
            self = .id(id)
        } else if let email = EmailAddress(argument: argument) {
            self = .email(email)
        } else {
            return nil
        }
    }

    /// - Throws: when there is no such user.
    func find(in repositories: Repositories) throws(Failure) -> User {
        let found = try repositories.read { main throws(ErrorAnswer) in
            switch self {
            case .id(let id): try main.users.find(id)
            case .email(let email): try main.users.find(email: email)
            }
        }
        guard let found else {
            switch self {
            case .id(let id): throw .failed("there is no user \(id)")
            case .email(let email): throw .failed("there is no user \(email.text)")
            }
        }
        return found
    }
}
